"""The rows of a table as vectors, with a vector in place of each number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.models._columns import embedded

if TYPE_CHECKING:
    import keras

Encode = Callable[[Any, Any], Any]


def check_flat(task: Task, name: str) -> None:
    """Raise ConfigError if the rows are not flat arrays, which the family of this name needs."""
    given = task.input
    if given.kind != "array":
        raise ConfigError(f"{name} needs the rows of a table, not {given}: use dense, or another family.")
    if len(given.shape) != 1:
        raise ConfigError(
            f"{name} needs flat rows, not {given}: add {{name: reshape, shape: [-1]}} to data.transforms."
        )


def with_vectors(task: Task, count: int, encode: Encode) -> tuple[keras.KerasTensor, Any]:
    """Return the input of a model over the rows of a table, and the rows as the model computes with them.

    Args:
        count: the number of columns, the first ones, that get vectors.
        encode: takes the numbers (batch, count) and their positions from `quantile_positions` (batch, 0 or count), and
            returns (batch, count, size).

    Returns:
        (batch, columns) float32, the input; (batch, features) float32: the vectors of the numbers, then the other
        columns, with the embedding of each column of codes.
    """
    import keras

    sizes = task.input.categories
    inputs: Any = keras.Input(task.input.shape, name="input")
    end = inputs.shape[-1] - task.input.positions
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


def periodic(frequencies: int, size: int, scale: float) -> Encode:
    """Return an encoding of numbers by themselves and a linear function of cosines, whose frequencies are learnt.

    Args:
        frequencies: of each number.
        size: of a vector.
        scale: the standard deviation of the frequencies at first, in periods per unit of the number.

    Source: the PBLD embeddings of RealMLP, arXiv:2407.04491, section 3.
    """

    def encode(numbers: Any, positions: Any) -> Any:
        from keras import initializers, layers
        from keras import ops as keras_ops

        ops: Any = keras_ops
        count, slow, turn = numbers.shape[1], 0.1, 2 * math.pi  # with Adam, 0.1 makes the learning rate a tenth
        first: Any = {
            "kernel_initializer": initializers.RandomNormal(0.0, turn * scale / slow),
            "bias_initializer": initializers.RandomUniform(-turn / 2 / slow, turn / 2 / slow),
        }
        uniform = initializers.RandomUniform(-1 / slow / frequencies**0.5, 1 / slow / frequencies**0.5)
        second: Any = {"kernel_initializer": uniform, "bias_initializer": uniform}
        angles = layers.EinsumDense("bn,nf->bnf", (count, frequencies), bias_axes="nf", name="angles", **first)
        waves = ops.cos(slow * angles(numbers))
        linear = layers.EinsumDense("bnf,nfd->bnd", (count, size - 1), bias_axes="nd", name="waves", **second)
        return layers.Concatenate()([ops.expand_dims(numbers, -1), slow * linear(waves)])

    return encode
