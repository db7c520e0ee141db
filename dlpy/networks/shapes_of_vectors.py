"""Shapes behind layers that keep the shape of a row, rearrange it, or work on its last axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dlpy.networks.shape_rules import Rule, Shape, ShapeError, entered_in, need_rank, shown, size_of

RULES: dict[str, Rule] = {}
rule = entered_in(RULES)


@rule(
    "Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "Dropout", "ELU", "GaussianDropout",
    "GaussianNoise", "Identity", "LayerNormalization", "LeakyReLU", "PReLU", "RMSNormalization", "ReLU", "Softmax",
    "UnitNormalization",
)  # fmt: skip
def _same(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    return given[0]


@rule("Masking", "SpatialDropout1D")
def _of_sequences(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    need_rank(given[0], 2, "sequences of vectors (time, size)")
    return given[0]


@rule("SpatialDropout2D")
def _spatial_2d(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    need_rank(given[0], 3, "images (height, width, channels)")
    return given[0]


@rule("Dense")
def _dense(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    (shape,) = given
    if not shape:
        raise ShapeError("it needs vectors, not single numbers.")
    if shape[-1] is None:
        raise ShapeError(f"its weights need a known number of features, and {shown(shape)} has none.")
    return (*shape[:-1], options["units"])


@rule("Embedding")
def _embedding(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    return (*given[0], options["output_dim"])


@rule("Flatten")
def _flatten(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    (shape,) = given
    return (1,) if not shape else (size_of(shape),)


@rule("RepeatVector")
def _repeat(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    need_rank(given[0], 1, "vectors")
    return (options["n"], *given[0])


@rule("Permute")
def _permute(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    (shape,), order = given, list(options["dims"])
    if sorted(order) != list(range(1, len(shape) + 1)):
        raise ShapeError(f"dims: {order} is no order of the {len(shape)} axes of {shown(shape)}, counted from 1.")
    return tuple(shape[axis - 1] for axis in order)


@rule("Reshape")
def _reshape(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    (shape,), target = given, [-1 if side is None else side for side in options["target_shape"]]
    size, fixed = size_of(shape), math.prod(side for side in target if side != -1)
    open_sides = target.count(-1)
    if open_sides > 1:
        raise ShapeError(f"target_shape: {target} leaves more than one side open.")
    if size is not None and (size % fixed if open_sides else size != fixed):
        raise ShapeError(f"target_shape: {target} does not hold the {size} numbers of {shown(shape)}.")
    free = None if size is None else size // fixed
    return tuple(free if side == -1 else side for side in target)
