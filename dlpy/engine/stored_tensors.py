"""Rows in files as tensors: a graph takes the next ones of an order, which a thread has read ahead.

Each kind is a NamedTuple, as in `row_tensors.py`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from dlpy.data.features import Padded, Sparse
from dlpy.data.stored_sequences import StoredPadded, StoredSparse
from dlpy.engine.row_tensors import Shape, SparseTensors
from dlpy.engine.rows_ahead import Gathered, InFile, RowsAhead

if TYPE_CHECKING:
    import tensorflow as tf

_NUMBERS = count()  # never given twice, so that a graph cannot read the rows of another epoch
_EPOCHS: WeakValueDictionary[int, RowsAhead] = WeakValueDictionary()


class StoredTensors(NamedTuple):
    """The rows of an epoch in a file, which a thread reads ahead in their order."""

    epoch: Any  # () int64, a key of _EPOCHS

    def take(self, start: tf.Tensor, rows: tf.Tensor, shape: Shape) -> tf.Tensor:
        """Return these rows, which are those from a place in the order on."""
        import tensorflow as tf

        taken = tf.numpy_function(_read, [self.epoch, start, rows], tf.float32)
        return tf.ensure_shape(taken, (rows.shape[0], *shape))


class StoredPaddedTensors(NamedTuple):
    """The integer sequences of an epoch in a file, which a thread reads ahead in their order."""

    epoch: Any  # () int64, a key of _EPOCHS
    shortest: Any  # () int32: a batch is padded to at least this length

    def take(self, start: tf.Tensor, rows: tf.Tensor, shape: Shape) -> tf.Tensor:
        """Return these rows padded with 0 to the model's length, or, if it takes any, to the longest of them."""
        import tensorflow as tf

        def read(epoch: np.ndarray, start: np.ndarray, rows: np.ndarray, shortest: np.ndarray) -> np.ndarray:
            found = _read(epoch, start, rows)
            if not isinstance(found, Padded):
                raise TypeError(f"{type(found).__name__} has no padding")
            wide = width or max(int(found.lengths.max(initial=0)), int(shortest))
            return replace(found, length=wide).numbers()

        (width,) = shape
        taken = tf.numpy_function(read, [self.epoch, start, rows, self.shortest], tf.int32)
        return tf.ensure_shape(taken, (rows.shape[0], width))


class StoredSparseTensors(NamedTuple):
    """The sparse rows of an epoch in a file, which a thread reads ahead in their order."""

    epoch: Any  # () int64, a key of _EPOCHS

    def take(self, start: tf.Tensor, rows: tf.Tensor, shape: Shape) -> Any:
        """Return these rows: a tf.SparseTensor (batch, width)."""
        import tensorflow as tf

        def read(epoch: np.ndarray, start: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            found = _read(epoch, start, rows)
            if not isinstance(found, Sparse):
                raise TypeError(f"{type(found).__name__} is not sparse")
            held = SparseTensors.in_order(found, np.arange(len(found)), len(found))
            ones = np.ones(len(held.indices) // 2, np.float32)
            return held.indices.astype(np.int64).reshape(-1, 2), ones if held.values is None else held.values

        indices, values = tf.numpy_function(read, [self.epoch, start, rows], (tf.int64, tf.float32))
        indices, values = tf.ensure_shape(indices, (None, 2)), tf.ensure_shape(values, (None,))
        return tf.SparseTensor(indices, values, tf.stack([tf.size(rows, tf.int64), shape[-1]]))


def _read(epoch: np.ndarray, start: np.ndarray, rows: np.ndarray) -> Gathered:
    return _EPOCHS[int(epoch)].read(int(start), len(rows))


def stored_tensors(x: InFile, epoch: RowsAhead, *, cut: bool) -> StoredRows:
    """Return what rows in a file are taken from, which can be read as long as the epoch exists.

    Args:
        x: the rows.
        epoch: the same in an order.
        cut: whether padded rows are cut to the longest row of their batch.
    """
    number = np.int64(next(_NUMBERS))
    _EPOCHS[int(number)] = epoch
    if isinstance(x, StoredPadded):
        return StoredPaddedTensors(number, np.int32(1 if cut else x.length))
    return StoredSparseTensors(number) if isinstance(x, StoredSparse) else StoredTensors(number)


StoredRows = StoredTensors | StoredPaddedTensors | StoredSparseTensors
