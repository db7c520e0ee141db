"""Tries points of a space against all checks of experiments, and says which values a mistake is due to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from dlpy.experiment.comparable import difference
from dlpy.experiment.dimensions import CHOICES, KEY, Choice, Dimension, Point, Range, active
from dlpy.experiment.document import DocumentError, Line
from dlpy.experiment.experiment import Experiment, without_plugins
from dlpy.experiment.random_points import random_point
from dlpy.experiment.ranges import Space
from dlpy.experiment.yaml_reader import Keys, Mistake

_RANDOM = 20  # points tried beside every end and every choice
_MOST_SEED = 2**32 - 1

Cause = tuple[object, ...]  # what two mistakes have in common that are shown once


def mistaken_lines(space: Space) -> list[Line]:
    """Return a line for each mistake at the ends of ranges, at choices and at some random points, each once."""
    tried, found = _Tried(space), {}
    for point in _points(space):
        for mistake in tried.mistakes(point):
            found.setdefault(tried.cause(point, mistake), (point, mistake))
    return [line for point, mistake in found.values() for line in tried.lines(point, mistake)]


def _points(space: Space) -> Iterator[Point]:
    """Yield the points to try: the first, those that differ from it in one value, and random ones."""
    yield space.completed({})
    for given in _ends(space.dimensions, {}):
        yield space.completed(given)
    seed = space.source.values.get("seed", 0)
    seed = seed if isinstance(seed, int) and 0 <= seed <= _MOST_SEED else 0
    for number in range(1, _RANDOM + 1):  # those that random search tries first
        yield random_point(space, seed, number)


def _ends(dimensions: Sequence[Dimension], given: Point) -> Iterator[Point]:
    """Yield both ends of every range and every choice, each with the choices that it depends on."""
    for one in dimensions:
        if isinstance(one, Range):
            yield from ({**given, one.name: end} for end in one.ends)
            continue
        for position, option in enumerate(one.options):
            chosen = {**given, one.name: position}
            yield chosen
            yield from _ends(option.dimensions, chosen)


class _Tried:
    """The mistakes at points, each of which is checked once."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._known: dict[str, tuple[Mistake, ...]] = {}
        self._first: Experiment | None = None  # that of the first point without mistakes

    def mistakes(self, point: Point) -> tuple[Mistake, ...]:
        """Return the mistakes of the experiment at a point."""
        key = json.dumps(point)
        if key not in self._known:
            self._known[key] = self._checked(point)
        return self._known[key]

    def _checked(self, point: Point) -> tuple[Mistake, ...]:
        try:
            experiment = without_plugins(self._space.document(point))
        except DocumentError as error:
            return error.mistakes
        self._first = self._first or experiment
        mistake = difference(experiment, self._first)
        return () if mistake is None else (mistake,)

    def cause(self, point: Point, mistake: Mistake) -> Cause:
        """Return what makes this mistake another one: its place, what was chosen there, the message without numbers."""
        chosen = [(one.name, point[one.name]) for one in self._at(point, mistake) if isinstance(one, Choice)]
        message = re.sub(r"-?\d[\d.,e+-]*", "#", mistake.message.partition(", got ")[0])
        return (mistake.keys, message, *chosen)

    def lines(self, point: Point, mistake: Mistake) -> list[Line]:
        """Return the line of a mistake, with the values that were tried."""
        shown = self._space.shown(point)
        values = [f"{one.name}={shown[one.name]}" for one in self._due_to(point, mistake)]
        message = f"{mistake.message} Tried: {', '.join(values)}." if values else mistake.message
        return self._space.document(point).located([Mistake(mistake.keys, message)])

    def _due_to(self, point: Point, mistake: Mistake) -> list[Dimension]:
        """Return the dimension that a mistake is in, and others with a value that makes all right."""
        inside, others = self._at(point, mistake), active(self._space.dimensions, point)
        return inside[-1:] + [one for one in others if one not in inside and self._is_right_with_another(point, one)]

    def _at(self, point: Point, mistake: Mistake) -> list[Dimension]:
        """Return the dimensions whose values the mistake is in."""
        places = [(one, _replaced(one.keys)) for one in active(self._space.dimensions, point)]
        return [one for one, keys in places if mistake.keys[: len(keys)] == keys]

    def _is_right_with_another(self, point: Point, one: Dimension) -> bool:
        """Return whether there is no mistake with another value of one dimension."""
        others = range(len(one.options)) if isinstance(one, Choice) else one.ends
        return any(not self.mistakes(self._space.completed({**point, one.name: other})) for other in others)


def _replaced(keys: Keys) -> Keys:
    """Return the keys of a dimension in a document without ranges."""
    found: list[str | int] = []
    for key in keys:
        found.append(key)
        if found[-3:-1] == [KEY, CHOICES]:
            del found[-3:]
    return tuple(found)
