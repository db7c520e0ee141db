"""What all rules for the shapes of layers' outputs share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

Shape = tuple[int | None, ...]  # without the batch axis; a size is None where rows differ or it is not known
Rule = Callable[[list[Shape], Mapping[str, Any]], Shape | None]  # from the shapes that go in, and all options


class ShapeError(ValueError):
    """The shapes of what goes into a layer do not fit it; the message says why."""


def entered_in(rules: dict[str, Rule]) -> Callable[..., Callable[[Rule], Rule]]:
    """Return a decorator that enters a rule into a table for the layers that it names."""

    def rule(*kinds: str) -> Callable[[Rule], Rule]:
        def enter(function: Rule) -> Rule:
            rules.update(dict.fromkeys(kinds, function))
            return function

        return enter

    return rule


def shown(shape: Shape) -> str:
    """Return a shape as text, such as (100, 64); ? is a size that is not known."""
    return f"({', '.join('?' if size is None else str(size) for size in shape)})"


def per_side(value: Any, dimensions: int) -> list[int]:
    """Return an option such as `kernel_size` as one number for each side.

    Raises:
        ShapeError: it has another number of sides.
    """
    sides = [value] * dimensions if isinstance(value, int) else list(value)
    if len(sides) != dimensions:
        raise ShapeError(f"it has {dimensions} side{'s' * (dimensions > 1)}, not {len(sides)}: {sides}.")
    return sides


def need_rank(shape: Shape, rank: int, what: str) -> None:
    """Raise ShapeError unless a shape has as many axes, which `what` names, as a layer needs."""
    if len(shape) != rank:
        raise ShapeError(f"it needs {what}, not {shown(shape)}.")


def size_of(shape: Shape) -> int | None:
    """Return the product of the sizes of a shape, or None if one is not known."""
    return None if None in shape else math.prod(size or 0 for size in shape)
