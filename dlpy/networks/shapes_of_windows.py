"""Shapes behind convolutions, pooling, and layers that resize: everything that moves a window over sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlpy.networks.shape_rules import Rule, Shape, ShapeError, entered_in, need_rank, per_side

RULES: dict[str, Rule] = {}
rule = entered_in(RULES)

_WHAT = {
    1: "sequences of vectors (time, size)",
    2: "images (height, width, channels)",
    3: "volumes (depth, height, width, channels)",
}


def _sides(shape: Shape, dimensions: int) -> tuple[list[int | None], int | None]:
    """Return the sides and the channels of one row.

    Raises:
        ShapeError: the row has another number of axes.
    """
    need_rank(shape, dimensions + 1, _WHAT[dimensions])
    return list(shape[:-1]), shape[-1]


def _slid(shape: Shape, dimensions: int, options: Mapping[str, Any], size: str) -> tuple[int | None, ...]:
    """Return the sides behind a window of options[size] that slides with strides.

    Raises:
        ShapeError: nothing is left of a side.
    """
    sides, _ = _sides(shape, dimensions)
    windows, dilations = per_side(options[size], dimensions), per_side(options.get("dilation_rate", 1), dimensions)
    strides = per_side(options["strides"] or options[size], dimensions)
    found = []
    for side, window, stride, dilation in zip(sides, windows, strides, dilations, strict=True):
        reach = dilation * (window - 1) + 1
        if side is not None and options["padding"] == "valid" and side < reach:
            raise ShapeError(f"nothing is left of a side of {side} behind a window of {reach}: use 'padding: same'.")
        found.append(None if side is None else _count(side, reach, stride, options["padding"]))
    return tuple(found)


def _count(side: int, reach: int, stride: int, padding: str) -> int:
    """Return how many windows fit."""
    return (side - reach) // stride + 1 if padding == "valid" else -(-side // stride)


def _need_channels(shape: Shape) -> None:
    if shape[-1] is None:
        raise ShapeError("its weights need a known number of channels.")


def _convolution(dimensions: int) -> None:
    separable = (f"SeparableConv{dimensions}D",) if dimensions < 3 else ()

    @rule(f"Conv{dimensions}D", *separable)
    def plain(given: list[Shape], options: Mapping[str, Any]) -> Shape:
        sides = _slid(given[0], dimensions, options, "kernel_size")
        _need_channels(given[0])
        groups, channels = options.get("groups", 1), given[0][-1] or 0
        if channels % groups or options["filters"] % groups:
            raise ShapeError(f"groups: {channels} channels and {options['filters']} filters are no multiples of it.")
        return (*sides, options["filters"])

    @rule(f"Conv{dimensions}DTranspose")
    def transposed(given: list[Shape], options: Mapping[str, Any]) -> Shape | None:
        sides, _ = _sides(given[0], dimensions)
        _need_channels(given[0])
        if options["output_padding"] is not None or set(per_side(options["dilation_rate"], dimensions)) != {1}:
            return None
        windows, strides = per_side(options["kernel_size"], dimensions), per_side(options["strides"], dimensions)
        valid = options["padding"] == "valid"
        more = [max(window - stride, 0) * valid for window, stride in zip(windows, strides, strict=True)]
        grown = [
            None if side is None else side * stride + extra
            for side, stride, extra in zip(sides, strides, more, strict=True)
        ]
        return (*grown, options["filters"])


def _depthwise(dimensions: int) -> None:
    @rule(f"DepthwiseConv{dimensions}D")
    def depthwise(given: list[Shape], options: Mapping[str, Any]) -> Shape:
        sides = _slid(given[0], dimensions, options, "kernel_size")
        _need_channels(given[0])
        return (*sides, (given[0][-1] or 0) * options["depth_multiplier"])


def _pooling(dimensions: int) -> None:
    @rule(f"MaxPooling{dimensions}D", f"AveragePooling{dimensions}D")
    def pooled(given: list[Shape], options: Mapping[str, Any]) -> Shape:
        return (*_slid(given[0], dimensions, options, "pool_size"), given[0][-1])

    @rule(f"GlobalMaxPooling{dimensions}D", f"GlobalAveragePooling{dimensions}D")
    def whole(given: list[Shape], options: Mapping[str, Any]) -> Shape:
        sides, channels = _sides(given[0], dimensions)
        return (*(1 for _ in sides if options["keepdims"]), channels)


def _resizing(dimensions: int) -> None:
    @rule(f"UpSampling{dimensions}D")
    def grown(given: list[Shape], options: Mapping[str, Any]) -> Shape:
        sides, channels = _sides(given[0], dimensions)
        factors = per_side(options["size"], dimensions)
        return (*(side and side * factor for side, factor in zip(sides, factors, strict=True)), channels)

    @rule(f"ZeroPadding{dimensions}D")
    def padded(given: list[Shape], options: Mapping[str, Any]) -> Shape:
        sides, channels = _sides(given[0], dimensions)
        more = _both_ends(options["padding"], dimensions)
        return (*(None if side is None else side + sum(ends) for side, ends in zip(sides, more, strict=True)), channels)

    @rule(f"Cropping{dimensions}D")
    def cropped(given: list[Shape], options: Mapping[str, Any]) -> Shape:
        sides, channels = _sides(given[0], dimensions)
        less = _both_ends(options["cropping"], dimensions)
        left = [None if side is None else side - sum(ends) for side, ends in zip(sides, less, strict=True)]
        if any(side is not None and side < 1 for side in left):
            raise ShapeError(f"nothing is left of sides of {', '.join(map(str, sides))}.")
        return (*left, channels)


def _both_ends(value: Any, dimensions: int) -> list[tuple[int, int]]:
    """Return how much an option changes each side at its start and its end."""
    if isinstance(value, int):
        return [(value, value)] * dimensions
    if dimensions == 1 and all(isinstance(end, int) for end in value):
        return [(value[0], value[1])]
    if len(value) != dimensions:
        raise ShapeError(f"expected {dimensions} entries, one for each side, got {value}.")
    return [(one, one) if isinstance(one, int) else (one[0], one[1]) for one in value]


for _dimensions in (1, 2, 3):
    _convolution(_dimensions)
    _pooling(_dimensions)
    _resizing(_dimensions)
for _dimensions in (1, 2):
    _depthwise(_dimensions)


@rule("Resizing", "CenterCrop")
def _resized(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    _, channels = _sides(given[0], 2)
    return (options["height"], options["width"], channels)
