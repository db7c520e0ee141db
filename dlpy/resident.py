"""Rows as tensors that stay in memory, and batches gathered from them inside a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.data import Rows
from dlpy.features import Features, Scaled, Sparse

if TYPE_CHECKING:
    import tensorflow as tf


def tensors(rows: Rows, weight: np.ndarray | None = None) -> tuple[Any, ...]:
    """Return the rows as nested tensors: (x,), (x, y) or (x, y, weight). Targets are (rows, units)."""
    import tensorflow as tf

    targets = [rows.y if rows.y.ndim > 1 else rows.y[:, None]] if rows.targets else []
    others = [*targets, *([] if weight is None else [weight])]
    return (_features(rows.x), *(tf.constant(array) for array in others))


def batch(data: tuple[Any, ...], rows: tf.Tensor, width: int) -> tuple[Any, ...]:
    """Return the chosen rows as the model takes them.

    Args:
        data: what `tensors` returned.
        rows: (batch,) int32, or (steps, batch) where the features are an array.
        width: columns of sparse features.
    """
    import tensorflow as tf

    x, *others = data
    picked = {"array": _array, "scaled": _scaled, "sparse": _sparse}[_kind(x)](x, rows, width)
    return (picked, *(tf.gather(array, rows) for array in others))


def _features(features: Features) -> dict[str, Any]:
    import tensorflow as tf

    if isinstance(features, np.ndarray):
        return {"array": tf.constant(features)}
    if isinstance(features, Scaled):
        scale, offset = tf.constant(features.scale, tf.float32), tf.constant(features.offset, tf.float32)
        return {"scaled": tf.constant(features.array), "scale": scale, "offset": offset}
    if not isinstance(features, Sparse):
        raise TypeError(f"a model cannot be fed with {type(features).__name__}")
    values = {} if features.values is None else {"values": tf.constant(features.values)}
    return {"sparse": tf.constant(features.columns), "splits": tf.constant(features.splits), **values}


def _kind(x: dict[str, Any]) -> str:
    return next(kind for kind in ("array", "scaled", "sparse") if kind in x)


def _array(x: dict[str, Any], rows: tf.Tensor, width: int) -> tf.Tensor:
    import tensorflow as tf

    return tf.cast(tf.gather(x["array"], rows), tf.float32)


def _scaled(x: dict[str, Any], rows: tf.Tensor, width: int) -> tf.Tensor:
    import tensorflow as tf

    return tf.cast(tf.gather(x["scaled"], rows), tf.float32) * x["scale"] + x["offset"]


def _sparse(x: dict[str, Any], rows: tf.Tensor, width: int) -> tf.SparseTensor:
    """Return the rows' non-zeros, in order of row and column."""
    import tensorflow as tf

    starts = tf.gather(x["splits"], rows)
    lengths = tf.gather(x["splits"], rows + 1) - starts
    count = tf.size(rows, tf.int64)
    row = tf.repeat(tf.range(count), lengths)  # (non-zeros of the batch,)
    before = tf.cumsum(lengths, exclusive=True)
    position = tf.range(tf.reduce_sum(lengths)) + tf.repeat(starts - before, lengths)
    column = tf.cast(tf.gather(x["sparse"], position), tf.int64)
    value = tf.gather(x["values"], position) if "values" in x else tf.ones_like(column, tf.float32)
    return tf.SparseTensor(tf.stack([row, column], axis=1), value, tf.stack([count, width]))
