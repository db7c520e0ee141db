"""The space of a search: the ranges in an experiment file, and the experiment at each point of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlpy.experiment.dimensions import CHOICES, KEY, Choice, Dimension, Option, Point, Range, active, every
from dlpy.experiment.document import Document
from dlpy.experiment.range_reader import RangeReader
from dlpy.experiment.yaml_reader import Keys

__all__ = ["Choice", "Dimension", "Option", "Point", "Range", "Space", "size_of", "space_of"]


@dataclass(frozen=True)
class Space:
    """All dimensions of an experiment file."""

    dimensions: tuple[Dimension, ...]  # those that always exist; the others are in the options of choices
    source: Document

    def document(self, point: Point) -> Document:
        """Return the document with every range replaced by the point's value; messages name the file's own lines."""
        copy = _Copy(self.source, {one.keys: one for one in every(self.dimensions)}, point)
        values = copy.of(self.source.values, (), ())
        return Document(self.source.path, values, copy.places, copy.overrides)

    def shown(self, point: Point) -> dict[str, Any]:
        """Return the point's values by name, with the label of a choice in place of its position."""
        found: dict[str, Any] = {}
        for one in active(self.dimensions, point):
            value = point[one.name]
            found[one.name] = one.options[int(value)].label if isinstance(one, Choice) else value
        return found

    def all_names(self) -> list[str]:
        """Return the names of all dimensions in file order, those in options after their choice."""
        return [one.name for one in every(self.dimensions)]

    def completed(self, given: Point) -> Point:
        """Return the point with these values and, where none is given, the low end or the first option."""
        point: Point = {}
        for one in active(self.dimensions, point):  # a choice is asked for its options only after it has been made
            point[one.name] = given.get(one.name, one.low if isinstance(one, Range) else 0)
        return point

    def size(self) -> int | None:
        """Return how many points there are; None if a range has real numbers without a step."""
        return size_of(self.dimensions)


def space_of(document: Document) -> Space:
    """Return the space of a document; it has no dimensions if there is no range.

    Raises:
        ConfigError: lists all mistakes in how ranges are written, one per line.
    """
    reader = RangeReader()
    dimensions = reader.top(document.values)
    if reader.mistakes:
        raise document.error(reader.mistakes)
    return Space(dimensions, document)


def size_of(dimensions: Sequence[Dimension]) -> int | None:
    """Return how many points there are; None if a range has real numbers without a step."""
    total = 1
    for one in dimensions:
        sizes = [one.count] if isinstance(one, Range) else [size_of(option.dimensions) for option in one.options]
        known = [size for size in sizes if size is not None]
        if len(known) < len(sizes):
            return None
        total *= sum(known)
    return total


class _Copy:
    """Copies the values of a document with its ranges replaced, and where each value stands."""

    def __init__(self, source: Document, dimensions: dict[Keys, Dimension], point: Point) -> None:
        self.places: dict[Keys, tuple[int, str]] = {}
        self.overrides: dict[Keys, str] = {}
        self._source, self._dimensions, self._point = source, dimensions, point

    def of(self, value: Any, keys: Keys, new: Keys) -> Any:
        """Return a copy of the value at `keys` of the source, which is at `new` in the copy."""
        for old, copied in ((self._source.places, self.places), (self._source.overrides, self.overrides)):
            if keys in old:
                copied[new] = old[keys]  # type: ignore
        one = self._dimensions.get(keys)
        if isinstance(one, Range):
            return self._point[one.name]
        if isinstance(one, Choice):
            position = int(self._point[one.name])
            return self.of(one.options[position].value, (*keys, KEY, CHOICES, position), new)
        if isinstance(value, dict):
            return {key: self.of(item, (*keys, key), (*new, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.of(item, (*keys, index), (*new, index)) for index, item in enumerate(value)]
        return value
