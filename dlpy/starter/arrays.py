"""The transforms and the model that fit rows of numbers, by their shape."""

from __future__ import annotations

from typing import Literal

from dlpy.data.task import Input, Task
from dlpy.starter.blocks import ARRAY_MODEL, TABLE_MODEL, TEXT_MODEL
from dlpy.starter.wording import Item, Option

_WIDE = 100  # numbers in a row: more are unlike a table's
_LEAST_SIDE = 12  # pixels of an image
_SEVERAL = 8  # frames: enough to pool them twice

Kind = Literal["row", "series", "image", "video", "other"]
_WORDS: dict[Kind, str] = {
    "series": "series (time steps, columns); if they are images, use reshape and convnet",
    "image": "images (height, width, channels)",
    "video": "videos (frames, height, width, channels)",
}


def fitting(task: Task, dtype: str) -> tuple[list[Option], list[Option]]:
    """Return the transforms and the model that fit the task's rows.

    Args:
        dtype: the kind of the numbers, as NumPy names it: "u" and "i" are integers, "f" is float.
    """
    if task.input.kind == "sequence":
        return [Option("transforms", ["multi_hot"], "which words occur, regardless of order")], TEXT_MODEL
    shape, kind = task.input.shape, kind_of(task.input, dtype)
    scaling = Item("rescale" if dtype in ("u", "i") else "standardize")
    if kind == "row":
        model = TABLE_MODEL if shape and (shape[0] or _WIDE) < _WIDE else ARRAY_MODEL
        return [Option("transforms", ["standardize"], "mean 0, standard deviation 1")], model
    if kind == "series":
        return [Option("transforms", [scaling])], _step_model() if task.output.is_per_step else _series_model(shape)
    if kind in ("image", "video"):
        model = _video_model(shape) if kind == "video" else _image_model()
        return [Option("transforms", [*_with_channels(shape, kind), scaling])], model
    model = [Option("name", "dense"), Option("units", [512])]
    return [Option("transforms", [Item({"name": "reshape", "shape": [-1]}), scaling])], model


def taken_for(given: Input, dtype: str) -> str:
    """Return a line that says what rows of several axes are taken for; empty for other rows."""
    words = _WORDS.get(kind_of(given, dtype))
    return "" if words is None or given.kind != "array" else f"Rows are taken for {words}"


def kind_of(given: Input, dtype: str) -> Kind:
    """Return what rows of numbers are, judging by their shape: integers, or as many rows as columns, make an image."""
    shape = [size or 0 for size in given.shape]
    if len(shape) < 2:
        return "row"
    if len(shape) == 2:
        is_image = min(shape) >= _LEAST_SIDE and (dtype in ("u", "i") or shape[0] == shape[1])
        return "image" if is_image else "series"
    if len(shape) == 3 and shape[-1] in (1, 3, 4):
        return "image" if min(shape[:2]) >= _LEAST_SIDE else "other"
    sides = shape[1:] if len(shape) == 3 else shape[1:3] if len(shape) == 4 and shape[-1] in (1, 3, 4) else [0]
    return "video" if min(sides) >= _LEAST_SIDE else "other"


def _with_channels(shape: tuple[int | None, ...], kind: Kind) -> list[Item]:
    """Return the transform that adds the axis of the channels, if images or videos lack it."""
    complete = len(shape) == (4 if kind == "video" else 3)
    return [] if complete else [Item({"name": "reshape", "shape": [*shape, 1]})]


def _series_model(shape: tuple[int | None, ...]) -> list[Option]:
    if (shape[0] or 0) < _LEAST_SIDE:
        return [Option("name", "rnn"), Option("cell", "gru"), Option("units", 32)]
    return [Option("name", "conv1d"), Option("padding", "same")]


def _step_model() -> list[Option]:
    return [Option("name", "conv1d"), Option("padding", "same"), Option("pooling", 1, "each step keeps its place")]


def _image_model() -> list[Option]:
    return [Option("name", "convnet"), Option("filters", [32, 64]), Option("units", [64])]


def _video_model(shape: tuple[int | None, ...]) -> list[Option]:
    pools = [Option("pooling_frames", [1, 2, 2])] if (shape[0] or 0) >= _SEVERAL else []
    return [Option("name", "video"), Option("filters", [16, 32, 64]), *pools, Option("batch_normalization", True)]
