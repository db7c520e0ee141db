"""What the families that generate images share: convolutions that downsample an image, or upsample to one."""

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
    """A convolution over images. A number alone is its `filters`."""

    filters: Units
    """Number of filters."""
    kernel: Positive = 3
    """Side of the convolution window, in pixels."""
    stride: Positive = 1
    """Stride: the factor by which the convolution downsamples, or a transposed one upsamples."""


def _of_filters(value: Any) -> Any:
    return {"filters": value} if isinstance(value, int) and not isinstance(value, bool) else value


AnyLayer = Annotated[Layer, BeforeValidator(_of_filters, json_schema_input_type=Units | Layer)]


def image_shape(task: Task) -> tuple[int | None, ...]:
    """Return (height, width, channels) of the rows of a task; a grayscale image has one channel.

    Raises:
        ConfigError: the rows are not images.
    """
    refuse_videos(task, "this family")
    shape = task.input.shape
    if len(shape) not in (2, 3):
        raise ConfigError(f"convolutions need images (height, width, channels), not {task.input}.")
    return (*shape, 1) if len(shape) == 2 else shape


def refuse_videos(task: Task, family: str) -> None:
    """Raise ConfigError if rows are videos (frames, height, width, channels)."""
    if task.input.kind == "array" and len(task.input.shape) == 4:
        raise ConfigError(
            f"{family} needs images, not videos (frames, height, width, channels): use the model family video."
        )


def shrink(layers: Sequence[Layer]) -> int:
    """Return the factor by which the layers downsample, or upsample, a side."""
    return math.prod(layer.stride for layer in layers)


def check_sides(shape: Sequence[int | None], grown: Sequence[Layer], where: str) -> None:
    """Raise ConfigError if upsampling layers cannot reach the size of the image."""
    factor = shrink(grown)
    for side in shape[:2]:
        if side is not None and side % factor:
            near = max(1, round(side / factor)) * factor
            raise ConfigError(
                f"{where} generates sides that are multiples of {factor}, the product of its strides, not {side}: "
                f"use other strides, or resize the images to a side of {near}."
            )


def start_shape(shape: Sequence[int | None], grown: Sequence[Layer], channels: int) -> tuple[int, int, int]:
    """Return the shape (height, width, channels) from which the layers upsample to that of the image."""
    factor, (height, width) = shrink(grown), shape[:2]
    return (height or 0) // factor, (width or 0) // factor, channels
