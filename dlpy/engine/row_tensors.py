"""Rows of each kind as tensors, and how a graph takes some of them.

Each kind is a NamedTuple: a traced function takes it as an argument and gets the same class back, with its tensors. The
kind of the rows thus selects the code while a graph is traced.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from dlpy.data.features import Features, Padded, Passages, Pictures, Scaled, Sparse, Windows

if TYPE_CHECKING:
    import tensorflow as tf

Shape = tuple[int | None, ...]

_NUMBERS = count()  # never given twice, so that a graph cannot read the images of another store
_STORES: WeakValueDictionary[int, Pictures] = WeakValueDictionary()  # what graphs read from, by these numbers


class ArrayTensors(NamedTuple):
    """Rows of an array."""

    array: Any  # (rows, ...)

    def take(self, rows: tf.Tensor, shape: Shape) -> tf.Tensor:
        """Return these rows."""
        import tensorflow as tf

        return tf.gather(self.array, rows)


class ImageTensors(NamedTuple):
    """Images in files or in a cache on disk."""

    store: Any  # () int64, a key of _STORES

    def take(self, rows: tf.Tensor, shape: Shape) -> tf.Tensor:
        """Return these images, which Python reads while the graph waits."""
        import tensorflow as tf

        def read(store: np.ndarray, rows: np.ndarray) -> np.ndarray:
            return _STORES[int(store)].read(rows)

        return tf.ensure_shape(tf.numpy_function(read, [self.store, rows], tf.uint8), (rows.shape[0], *shape))


class ScaledTensors(NamedTuple):
    """Rows that are multiplied and shifted when they are taken."""

    unscaled: ArrayTensors | ImageTensors
    scale: Any  # () float32
    offset: Any  # () float32


class WindowTensors(NamedTuple):
    """Windows of a series."""

    series: Any  # (time steps, columns) float32
    starts: Any  # (rows,)
    offsets: Any  # (length,)

    def take(self, rows: tf.Tensor, shape: Shape) -> tf.Tensor:
        """Return these windows: (batch, length, columns)."""
        import tensorflow as tf

        return tf.gather(self.series, tf.gather(self.starts, rows)[..., None] + self.offsets)


class PassageTensors(NamedTuple):
    """Windows of a text."""

    tokens: Any  # (tokens,) int32
    starts: Any  # (rows,) int32
    span: Any  # (length,) int32: 0, 1, ...
    every: bool  # whether the target is the next token at each position, or the target of the row

    def take(self, rows: tf.Tensor, shape: Shape) -> tf.Tensor:
        """Return these windows: (batch, length) int32."""
        import tensorflow as tf

        return tf.gather(self.tokens, self._positions(rows))

    def next_tokens(self, rows: tf.Tensor) -> tf.Tensor:
        """Return the token that follows each token of these windows: (batch, length) int32."""
        import tensorflow as tf

        return tf.gather(self.tokens, self._positions(rows) + 1)

    def _positions(self, rows: tf.Tensor) -> tf.Tensor:
        import tensorflow as tf

        return tf.gather(self.starts, rows)[..., None] + self.span


class PaddedTensors(NamedTuple):
    """Rows of integers that differ in length."""

    values: Any  # (total,)
    starts: Any  # (rows,) int32
    lengths: Any  # (rows,) int32
    front: Any  # () int32: 1 pads in front, 0 behind
    shortest: Any  # () int32: a batch is padded to at least this length

    def take(self, rows: tf.Tensor, shape: Shape) -> tf.Tensor:
        """Return these rows padded with 0 to the model's length, or, if it takes any, to the longest of them."""
        import tensorflow as tf

        (width,) = shape
        lengths = tf.gather(self.lengths, rows)
        wide = tf.maximum(tf.reduce_max(lengths), self.shortest) if width is None else tf.constant(width)
        position = tf.range(wide) - ((wide - lengths) * self.front)[..., None]
        inside = (position >= 0) & (position < lengths[..., None])
        values = tf.gather(self.values, tf.where(inside, tf.gather(self.starts, rows)[..., None] + position, 0))
        return tf.where(inside, values, tf.zeros_like(values))


class SparseTensors(NamedTuple):
    """The non-zeros of sparse rows in the order of their batches."""

    indices: Any  # (2 * non-zeros,) int16 or int32: the row within the batch, the column, the next row, ...
    starts: Any  # (batches + 1,) int64: where each batch's non-zeros begin
    values: Any = None  # (non-zeros,) float32; None where all are 1

    @classmethod
    def in_order(cls, features: Sparse, order: np.ndarray, batch_size: int) -> SparseTensors:
        """Return the rows in this order, as arrays."""
        taken = features.take(order)
        are_small = max(batch_size, features.width) <= 2**15
        indices = np.empty((len(taken.columns), 2), np.int16 if are_small else np.int32)
        rows = (np.arange(len(order), dtype=np.int32) % batch_size).astype(indices.dtype)
        indices[:, 0] = np.repeat(rows, np.diff(taken.splits))
        indices[:, 1] = taken.columns
        starts = taken.splits[np.append(np.arange(0, len(order), batch_size), len(order))]
        return cls(indices.ravel(), starts, taken.values)

    def batch(self, step: tf.Tensor, rows: tf.Tensor, width: int | None) -> Any:
        """Return the batch of this step: a tf.SparseTensor (batch, width)."""
        import tensorflow as tf

        nonzeros = slice(self.starts[step], self.starts[step + 1])
        flat = self.indices[2 * nonzeros.start : 2 * nonzeros.stop]  # cut 15 times as fast as rows of two
        indices = tf.reshape(tf.cast(flat, tf.int64), (-1, 2))
        values = tf.ones(tf.shape(indices)[:1]) if self.values is None else self.values[nonzeros]
        return tf.SparseTensor(indices, values, tf.stack([tf.size(rows, tf.int64), width]))


RowTensors = ArrayTensors | ImageTensors | ScaledTensors | WindowTensors | PassageTensors | PaddedTensors


def row_tensors(features: Features, *, cut: bool) -> RowTensors:
    """Return what rows are taken from, as arrays; sparse rows are SparseTensors.

    Args:
        features: the rows.
        cut: whether padded rows are cut to the longest row of their batch.
    """
    if isinstance(features, Scaled):
        return ScaledTensors(_unscaled(features.array), np.float32(features.scale), np.float32(features.offset))
    if isinstance(features, Windows):
        return WindowTensors(np.asarray(features.series, np.float32), features.starts, features.offsets)
    if isinstance(features, Passages):
        span = np.arange(features.length, dtype=np.int32)
        return PassageTensors(features.tokens, features.starts, span, features.every)
    if isinstance(features, Padded):
        starts, lengths = features.splits[:-1].astype(np.int32), features.lengths.astype(np.int32)
        values = features.values if len(features.values) else np.zeros(1, np.int32)  # padding is looked up there too
        return PaddedTensors(values, starts, lengths, np.int32(features.front), np.int32(1 if cut else features.length))
    if isinstance(features, np.ndarray | Pictures):
        return _unscaled(features)
    raise TypeError(f"a model cannot be fed with {type(features).__name__}")


def _unscaled(features: np.ndarray | Pictures) -> ArrayTensors | ImageTensors:
    if isinstance(features, np.ndarray):
        return ArrayTensors(features)
    number = next(_NUMBERS)
    _STORES[number] = features
    return ImageTensors(np.int64(number))
