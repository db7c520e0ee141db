"""The dimensions of a search: ranges of numbers, and choices that may have dimensions of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dlpy.experiment.yaml_reader import Keys

Point = dict[str, float | int]  # name -> the number of a range, or the position (from 0) of a choice

KEY = "search"
CHOICES = "choices"
OPTIONS = ("scale", "step")


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included: real ones, whole ones, or those at equal steps from `low`."""

    name: str
    keys: Keys  # of the mapping in the experiment file
    low: float | int
    high: float | int
    log: bool = False
    step: float | int | None = None
    is_whole: bool = False

    @property
    def count(self) -> int | None:
        """How many values there are; None for real numbers without a step."""
        step = self._step
        return None if step is None else int((exact(self.high) - exact(self.low)) // exact(step)) + 1

    @property
    def ends(self) -> tuple[float | int, float | int]:
        """The smallest and the largest value, which is below `high` if no step leads there."""
        count = self.count
        return self.low, self.high if count is None else self.at(count - 1)

    def at(self, position: int) -> float | int:
        """Return the value at a position from 0, without rounding noise: 0.1, 0.2, 0.3.

        Raises:
            ValueError: the range has neither steps nor whole numbers.
        """
        step = self._step
        if step is None:
            raise ValueError(f"{self.name} has no positions: its values are real numbers.")
        value = exact(self.low) + position * exact(step)
        return int(value) if self.is_whole else float(value)

    @property
    def _step(self) -> float | int | None:
        return 1 if self.step is None and self.is_whole else self.step


@dataclass(frozen=True)
class Choice:
    """Values of any kind, of which one is chosen."""

    name: str
    keys: Keys  # of the mapping in the experiment file
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Option:
    """A value that can be chosen, such as a component, with the dimensions that exist only where it is."""

    value: Any  # as in the file, with the ranges in it
    label: str
    dimensions: tuple[Range | Choice, ...] = ()


Dimension = Range | Choice


def active(dimensions: Sequence[Dimension], point: Point) -> Iterator[Dimension]:
    """Yield the dimensions that exist at a point in file order; values may be added to the point meanwhile."""
    for dimension in dimensions:
        yield dimension
        if isinstance(dimension, Choice):
            yield from active(dimension.options[int(point[dimension.name])].dimensions, point)


def every(dimensions: Sequence[Dimension]) -> Iterator[Dimension]:
    """Yield all dimensions in file order, those in options after their choice."""
    for dimension in dimensions:
        yield dimension
        for option in dimension.options if isinstance(dimension, Choice) else ():
            yield from every(option.dimensions)


def is_range(value: Any) -> bool:
    """Return whether a plain value is written as a range, such as {search: [1, 2]} or {search: {choices: [a, b]}}.

    An input, output or layer may be called `search` too: its options do not look like this.
    """
    if not isinstance(value, dict) or KEY not in value:
        return False
    ends, others = value[KEY], [key for key in value if key != KEY]
    if isinstance(ends, dict):
        return isinstance(ends.get(CHOICES), list) and next(iter(value)) == KEY
    if not isinstance(ends, list):
        return False
    numbers = any(isinstance(end, int | float) and not isinstance(end, bool) for end in ends)
    said = [key for key in others if key in OPTIONS and not isinstance(value[key], dict | list)]
    return (numbers or bool(said)) and (next(iter(value)) == KEY or len(said) == len(others))


def exact(number: float) -> Decimal:
    """Return the number as it is written, so that 3 * 0.1 is 0.3."""
    return Decimal(repr(number))
