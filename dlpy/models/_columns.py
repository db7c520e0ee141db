"""The rows of a table as vectors: numbers and one-hot columns as they are, codes of categories as embeddings."""

from __future__ import annotations

from typing import Any

from dlpy.data.task import Task

_LARGEST = 50


def vectors(task: Task) -> tuple[Any, Any]:
    """Return the input of a model over flat rows, and the rows as vectors of numbers.

    Every column of `task.input.categories` has an embedding of its own; without any, both are the same tensor.

    Returns:
        (batch, columns) float32, the input; (batch, features) float32, the vectors: the columns that are no codes, then
        the embedding of each column of codes.
    """
    import keras

    sizes = task.input.categories
    inputs: Any = keras.Input(task.input.shape, name="input")
    if not sizes:
        return inputs, inputs
    first = inputs.shape[-1] - len(sizes)
    parts = [inputs[:, :first]] if first else []
    parts += [embedded(inputs[:, first + number], size) for number, size in enumerate(sizes)]
    return inputs, keras.layers.Concatenate()(parts) if len(parts) > 1 else parts[0]


def embedded(codes: Any, size: int) -> Any:
    """Return the trained vectors (batch, vector) of codes (batch,), whole numbers below `size` held as float32."""
    import keras

    layer = keras.layers.Embedding(size, vector_size(size))
    return layer(keras.ops.cast(codes, "int32"))


def vector_size(categories: int) -> int:
    """Return the size of the embedding of n categories: 1.6 * n ** 0.56, rounded, at most 50.

    Source: fastai's `emb_sz_rule` (Howard & Gugger 2020, arXiv:2002.04688), which goes up to 600.
    """
    return min(_LARGEST, max(1, round(1.6 * categories**0.56)))
