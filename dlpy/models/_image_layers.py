"""What the families that make pictures share: convolutions that shrink a picture, and those that grow one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator

from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.task import Task
from dlpy.models.dense import Positive, Units


class Layer(Block):
    """A convolution of a picture. A number alone is its filters."""

    filters: Units
    """Number of filters."""
    kernel: Positive = 3
    """Side of the window a filter looks through."""
    stride: Positive = 1
    """How many times smaller the picture becomes, or larger where pictures grow."""


def _of_filters(value: Any) -> Any:
    return {"filters": value} if isinstance(value, int) and not isinstance(value, bool) else value


AnyLayer = Annotated[Layer, BeforeValidator(_of_filters, json_schema_input_type=Units | Layer)]


def picture_shape(task: Task) -> tuple[int | None, ...]:
    """Return (height, width, channels) of a task's rows; a picture without colours has one channel.

    Raises:
        ConfigError: they are no pictures.
    """
    shape = task.input.shape
    if len(shape) not in (2, 3):
        raise ConfigError(f"convolutions need pictures (height, width, channels), not {task.input}.")
    return (*shape, 1) if len(shape) == 2 else shape


def shrink(layers: Sequence[Layer]) -> int:
    """Return how many times smaller, or larger, the layers make a side."""
    return math.prod(layer.stride for layer in layers)


def check_sides(shape: Sequence[int | None], grown: Sequence[Layer], where: str) -> None:
    """Raise ConfigError where growing layers cannot end at a picture's sides."""
    factor = shrink(grown)
    for side in shape[:2]:
        if side is not None and side % factor:
            near = max(1, round(side / factor)) * factor
            raise ConfigError(
                f"{where} makes sides that are multiples of {factor}, its strides multiplied, and never {side}: "
                f"use other strides, or bring pictures to a side of {near}."
            )


def start_shape(shape: Sequence[int | None], grown: Sequence[Layer], channels: int) -> tuple[int, int, int]:
    """Return the shape (height, width, channels) from which the layers grow to a picture's."""
    factor, (height, width) = shrink(grown), shape[:2]
    return (height or 0) // factor, (width or 0) // factor, channels
