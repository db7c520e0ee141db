"""Shapes behind layers that merge several tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlpy.networks.shape_rules import Rule, Shape, ShapeError, entered_in, shown

RULES: dict[str, Rule] = {}
rule = entered_in(RULES)


@rule("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
def _elementwise(given: list[Shape], options: Mapping[str, Any]) -> Shape | None:
    """Return the shape to which all are broadcast: sizes are equal or 1, and missing axes are put in front."""
    rank = max(map(len, given))
    found: list[int | None] = []
    for sizes in zip(*((1,) * (rank - len(shape)) + shape for shape in given), strict=True):
        wider = {size for size in sizes if size not in (None, 1)}
        if len(wider) > 1:
            raise ShapeError(f"it needs tensors of one shape, not {_listed(given)}.")
        found.append(None if None in sizes else wider.pop() if wider else 1)
    return tuple(found)


@rule("Concatenate")
def _concatenate(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    if len({len(shape) for shape in given}) > 1:
        raise ShapeError(f"it joins tensors with one number of axes, not {_listed(given)}.")
    axis = _axis(options["axis"], len(given[0]))
    found: list[int | None] = []
    for number, sizes in enumerate(zip(*given, strict=True)):
        known = {size for size in sizes if size is not None}
        if number == axis:
            found.append(None if None in sizes else sum(size or 0 for size in sizes))
        elif len(known) > 1:
            raise ShapeError(
                f"it joins tensors that differ in one axis only (axis: {options['axis']}), not {_listed(given)}."
            )
        else:
            found.append(sizes[0])
    return tuple(found)


def _axis(axis: Any, rank: int) -> int:
    """Return the position in a shape without the batch axis.

    Raises:
        ShapeError: there is no such axis, or it is that of the batch.
    """
    if not isinstance(axis, int):
        raise ShapeError(f"axis: expected a whole number, got {axis}.")
    position = axis + rank if axis < 0 else axis - 1
    if axis == 0 or not 0 <= position < rank:
        raise ShapeError(f"axis: {axis} is none of the axes 1 to {rank}; 0 is the batch.")
    return position


@rule("Dot")
def _dot(given: list[Shape], options: Mapping[str, Any]) -> Shape | None:
    axes = options["axes"]
    first, second = (axes, axes) if isinstance(axes, int) else axes
    left, right = given
    at, other = _axis(first, len(left)), _axis(second, len(right))
    if None not in (left[at], right[other]) and left[at] != right[other]:
        raise ShapeError(f"it multiplies axes of one size, not {left[at]} and {right[other]}.")
    found = (*left[:at], *left[at + 1 :], *right[:other], *right[other + 1 :])
    return found or (1,)


def _listed(given: list[Shape]) -> str:
    return " and ".join(map(shown, given))
