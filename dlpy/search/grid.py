"""The points of a space as a grid, in order: the last dimension changes fastest."""

from __future__ import annotations

from collections.abc import Sequence

from dlpy.experiment.dimensions import Choice, Dimension, Point
from dlpy.experiment.ranges import Space, size_of


def first_free(space: Space, taken: Sequence[Point]) -> Point | None:
    """Return the first point of the grid that is not taken; None if all are, or if there is no end of points."""
    known = [dict(point) for point in taken]
    points = (point_at(space.dimensions, index) for index in range(space.size() or 0))
    return next((point for point in points if point not in known), None)


def point_at(dimensions: Sequence[Dimension], index: int) -> Point:
    """Return the point at an index from 0 of the grid of these dimensions."""
    values: list[Point] = []
    for one in reversed(dimensions):
        index, position = divmod(index, size_of([one]) or 1)
        values.append(_values_at(one, position))
    return {name: value for found in reversed(values) for name, value in found.items()}


def _values_at(one: Dimension, position: int) -> Point:
    """Return the value of a dimension at a position from 0, and those of the dimensions in what is chosen."""
    if not isinstance(one, Choice):
        return {one.name: one.at(position)}
    for number, option in enumerate(one.options):
        size = size_of(option.dimensions) or 1
        if position < size:
            return {one.name: number, **point_at(option.dimensions, position)}
        position -= size
    raise ValueError(f"{one.name} has no position {position}.")
