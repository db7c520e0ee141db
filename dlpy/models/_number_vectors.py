"""Vectors of the numbers of a table."""

from __future__ import annotations

from typing import Any

import numpy as np


def piecewise_linear(x: Any, count: int, bins: int, size: int) -> Any:
    """Return rows with a vector for each number that has a position among bins.

    A vector is a linear function of the number, plus one that is linear within each bin and is 0 before training.

    Args:
        x: (batch, features + count); the last `count` columns are positions of the first `count` columns.
        count: of numbers.
        bins: the largest position.
        size: of a vector.

    Returns:
        (batch, count * size + features - count): the vectors, then the other features.

    Source: Gorishniy, Rubachev & Babenko 2022, arXiv:2203.05556, equation 1; the sum of both, arXiv:2410.24210.
    """
    from keras import initializers, layers
    from keras import ops as keras_ops

    ops: Any = keras_ops
    limit = size**-0.5
    uniform = initializers.RandomUniform(-limit, limit)
    numbers, others, positions = x[:, :count], x[:, count:-count], x[:, -count:]
    bias: Any = {"bias_axes": "nd", "bias_initializer": initializers.RandomUniform(-limit, limit)}
    linear = layers.EinsumDense("bn,nd->bnd", (count, size), kernel_initializer=uniform, name="linear", **bias)
    starts = np.arange(bins, dtype=np.float32)
    parts = ops.clip(ops.expand_dims(positions, -1) - starts, 0.0, 1.0)  # (batch, count, bins)
    pieces = layers.EinsumDense("bnt,ntd->bnd", (count, size), kernel_initializer="zeros", name="pieces")
    vectors = layers.Flatten()(linear(numbers) + pieces(parts))
    return layers.Concatenate()([vectors, others]) if others.shape[-1] else vectors
