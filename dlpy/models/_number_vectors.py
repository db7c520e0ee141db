"""The rows of a table as vectors, with a vector in place of each number."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.data.task import Task
from dlpy.models._columns import embedded

if TYPE_CHECKING:
    import keras

Encode = Callable[[Any, Any], Any]


def with_vectors(task: Task, encode: Encode) -> tuple[keras.KerasTensor, Any]:
    """Return the input of a model over rows that `quantile_positions` made, and the rows as the model computes with.

    Args:
        encode: takes the numbers and their positions, both (batch, numbers), and returns (batch, numbers, size).

    Returns:
        (batch, columns) float32, the input; (batch, features) float32: the vectors of the numbers, then the other
        columns, with the embedding of each column of codes.
    """
    import keras

    count, sizes = task.input.positions, task.input.categories
    inputs = keras.Input(task.input.shape, name="input")
    end = inputs.shape[-1] - count
    codes = end - len(sizes)
    parts = []
    if count:
        parts.append(keras.layers.Flatten()(encode(inputs[:, :count], inputs[:, end:])))
    if codes > count:
        parts.append(inputs[:, count:codes])
    parts += [embedded(inputs[:, codes + number], size) for number, size in enumerate(sizes)]
    return inputs, keras.layers.Concatenate()(parts) if len(parts) > 1 else parts[0]


def piecewise_linear(bins: int, size: int) -> Encode:
    """Return an encoding of numbers by a linear function, plus one that is linear within each bin and 0 at first.

    Args:
        bins: the largest position.
        size: of a vector.

    Source: Gorishniy, Rubachev & Babenko 2022, arXiv:2203.05556, equation 1; the sum of both, arXiv:2410.24210.
    """

    def encode(numbers: Any, positions: Any) -> Any:
        from keras import initializers, layers
        from keras import ops as keras_ops

        ops: Any = keras_ops
        shape, uniform = (numbers.shape[1], size), initializers.RandomUniform(-(size**-0.5), size**-0.5)
        both: Any = {"kernel_initializer": uniform, "bias_initializer": uniform}
        linear = layers.EinsumDense("bn,nd->bnd", shape, bias_axes="nd", name="linear", **both)
        pieces = layers.EinsumDense("bnt,ntd->bnd", shape, kernel_initializer="zeros", name="pieces")
        starts = np.arange(bins, dtype=np.float32)
        parts = ops.clip(ops.expand_dims(positions, -1) - starts, 0.0, 1.0)  # (batch, numbers, bins)
        return linear(numbers) + pieces(parts)

    return encode
