"""Rows that stay in memory as tensors, and the batches that a graph takes of them, in any order of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import starmap
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from dlpy.data.augmentation import Draws, augmented
from dlpy.data.features import Features, Padded, Passages, Pictures, Scaled, Sparse, Windows
from dlpy.data.rows import Rows

if TYPE_CHECKING:
    import tensorflow as tf

_OPEN: WeakValueDictionary[int, Pictures] = WeakValueDictionary()  # what graphs read from, by a number they can hold
Tensors = dict[str, Any]  # what Resident.in_order returns: a graph's argument
# those that another order of the rows changes, as far as they are there
MOVED = ("order", "indices", "starts", "values", "warps", "tones")
Shape = tuple[int | None, ...]
Batch = tuple[Any, ...]  # (x,), (x, y) or (x, y, weight)


class Resident:
    """Rows as tensors; only what depends on the order of the rows (MOVED) is made anew for another order.

    Args of an instance:
        rows: the rows.
        batch_size: how many rows a step takes.
        weight: (rows,) float32, how much each row counts.
        drawn: how many rows an epoch takes; all of them unless given.
        cut: whether a model of rows of any length gets a batch cut to its longest row, or filled up to full length.
    """

    def __init__(
        self,
        rows: Rows,
        batch_size: int,
        weight: np.ndarray | None = None,
        drawn: int | None = None,
        *,
        cut: bool = False,
    ) -> None:
        import tensorflow as tf

        self.drawn, self.batch_size = drawn or len(rows), min(batch_size, len(rows))
        self.steps = -(-self.drawn // self.batch_size)
        self._held = rows.x  # what is read from while graphs run must not go
        self._sparse = rows.x if isinstance(rows.x, Sparse) else None
        x = {} if isinstance(rows.x, Sparse) else _arrays(rows.x)
        if isinstance(rows.x, Padded):
            x["least"] = np.int32(1 if cut else rows.x.length)
        targets = {"y": rows.y if rows.y.ndim > 1 else rows.y[:, None]} if rows.targets else {}
        weights = {} if weight is None else {"weight": weight}
        fixed = {**x, **targets, **weights, "batch_size": self.batch_size}
        self._fixed = {name: tf.constant(array) for name, array in fixed.items()}

    def in_order(self, order: np.ndarray | None = None, draws: Draws | None = None) -> Tensors:
        """Return the tensors of the rows in this order, (drawn,) int32, or as they are.

        `draws` say how each of them, in this order, is augmented.
        """
        import tensorflow as tf

        order = np.arange(self.drawn, dtype=np.int32) if order is None else order
        moved = {} if self._sparse is None else _in_batches(self._sparse, order, self.batch_size)
        moved = {"order": order, **moved, **(draws or {})}
        return self._fixed | {name: tf.constant(x) if isinstance(x, np.ndarray) else x for name, x in moved.items()}

    def in_orders(self, orders: Iterable[tuple[np.ndarray, Draws]]) -> Iterator[Tensors]:
        """Yield the tensors for each order; where that takes long the next ones are made meanwhile, in a thread."""
        if self._sparse is None:
            yield from starmap(self.in_order, orders)
            return
        with ThreadPoolExecutor(1) as thread:
            coming = None
            for order, draws in orders:
                present, coming = coming, thread.submit(self.in_order, order, draws)
                if present is not None:
                    yield present.result()
            if coming is not None:
                yield coming.result()


def batch(tensors: Tensors, step: tf.Tensor, shape: Shape) -> Batch:
    """Return a batch as the model takes it; the last one may be shorter.

    Args:
        tensors: what `Resident.in_order` returned.
        step: which batch, from 0.
        shape: of the model's input, without the batch.
    """
    import tensorflow as tf

    start = step * tensors["batch_size"]
    some = slice(start, start + tensors["batch_size"])
    if "indices" not in tensors:
        return _gathered(tensors, some, shape)
    rows, nonzeros = tensors["order"][some], slice(tensors["starts"][step], tensors["starts"][step + 1])
    indices = tf.cast(tensors["indices"][nonzeros], tf.int64)
    values = tensors["values"][nonzeros] if "values" in tensors else tf.ones(tf.shape(indices)[:1])
    x = tf.SparseTensor(indices, values, tf.stack([tf.size(rows, tf.int64), shape[-1]]))
    return (x, *_others(tensors, rows))


def block(tensors: Tensors, number: tf.Tensor, steps: int, batch_size: int, shape: Shape) -> Batch:
    """Return so many whole batches at once, by the block's number: arrays (steps, batch, ...). Not for sparse rows."""
    import tensorflow as tf

    def in_steps(part: tf.Tensor) -> tf.Tensor:
        cut = tf.reshape(part, tf.concat([[steps, batch_size], tf.shape(part)[1:]], 0))
        return tf.ensure_shape(cut, (steps, batch_size, *part.shape[1:]))

    start = number * steps * batch_size
    return tuple(map(in_steps, _gathered(tensors, slice(start, start + steps * batch_size), shape)))


def _arrays(features: Features) -> dict[str, Any]:
    """Return the arrays that rows are gathered from."""
    if isinstance(features, np.ndarray):
        return {"array": features}
    if isinstance(features, Pictures):
        _OPEN[id(features)] = features
        return {"pictures": np.int64(id(features))}
    if isinstance(features, Scaled):
        return _arrays(features.array) | {"scale": np.float32(features.scale), "offset": np.float32(features.offset)}
    if isinstance(features, Windows):
        return {
            "series": np.asarray(features.series, np.float32),
            "begin": features.starts,
            "offsets": features.offsets,
        }
    if isinstance(features, Passages):
        following = {"following": np.int32(1)} if features.every else {}
        span = np.arange(features.length, dtype=np.int32)
        return {"tokens": features.tokens, "begin": features.starts, "span": span, **following}
    if isinstance(features, Padded):
        begin, lengths = features.splits[:-1].astype(np.int32), features.lengths.astype(np.int32)
        values = features.values if len(features.values) else np.zeros(1, np.int32)  # what is filled up looks there too
        return {"values": values, "begin": begin, "lengths": lengths, "front": np.int32(features.front)}
    raise TypeError(f"a model cannot be fed with {type(features).__name__}")


def _in_batches(features: Sparse, order: np.ndarray, batch_size: int) -> dict[str, np.ndarray]:
    """Return the non-zeros in order of their batches.

    indices: (non-zeros, 2) int32, the row within the batch and the column. starts: (batches + 1,) int64, where each
    batch's non-zeros begin. values: (non-zeros,) float32, where they are not all 1.
    """
    taken = features.take(order)
    indices = np.empty((len(taken.columns), 2), np.int32)
    indices[:, 0] = np.repeat(np.arange(len(order), dtype=np.int32) % batch_size, np.diff(taken.splits))
    indices[:, 1] = taken.columns
    starts = taken.splits[np.append(np.arange(0, len(order), batch_size), len(order))]
    return {"indices": indices, "starts": starts} | ({} if taken.values is None else {"values": taken.values})


def _gathered(tensors: Tensors, some: slice, shape: Shape) -> Batch:
    import tensorflow as tf

    rows = tensors["order"][some]
    if "lengths" in tensors:
        return (_padded(tensors, rows, shape[0]), *_others(tensors, rows))
    if "span" in tensors:
        return _passages(tensors, rows)
    if "offsets" in tensors:
        times = tf.gather(tensors["begin"], rows)[..., None] + tensors["offsets"]
        return (tf.gather(tensors["series"], times), *_others(tensors, rows))
    taken = _pictures(tensors["pictures"], rows, shape) if "pictures" in tensors else tf.gather(tensors["array"], rows)
    draws = {name: tensors[name][some] for name in ("warps", "tones") if name in tensors}
    x = augmented(tf.cast(taken, tf.float32), tensors | draws)
    if "scale" in tensors:
        x = x * tensors["scale"] + tensors["offset"]
    return (x, *_others(tensors, rows))


def _pictures(number: tf.Tensor, rows: tf.Tensor, shape: Shape) -> tf.Tensor:
    """Return rows of the pictures with this number in _OPEN, read by Python while the graph waits."""
    import tensorflow as tf

    def read(number: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return _OPEN[int(number)].read(rows)

    return tf.ensure_shape(tf.numpy_function(read, [number, rows], tf.uint8), (rows.shape[0], *shape))


def _padded(tensors: Tensors, rows: tf.Tensor, width: int | None) -> tf.Tensor:
    """Return rows of integers filled up with 0 to `width`, or, for None, to the longest of them, or to `least`."""
    import tensorflow as tf

    lengths = tf.gather(tensors["lengths"], rows)
    wide = tf.maximum(tf.reduce_max(lengths), tensors["least"]) if width is None else tf.constant(width)
    position = tf.range(wide) - ((wide - lengths) * tensors["front"])[..., None]
    inside = (position >= 0) & (position < lengths[..., None])
    values = tf.gather(tensors["values"], tf.where(inside, tf.gather(tensors["begin"], rows)[..., None] + position, 0))
    return tf.where(inside, values, tf.zeros_like(values))


def _passages(tensors: Tensors, rows: tf.Tensor) -> Batch:
    """Return windows of a text, (batch, length) int32, and behind each what follows: a token, or one at each place."""
    import tensorflow as tf

    places = tf.gather(tensors["begin"], rows)[..., None] + tensors["span"]
    x = tf.gather(tensors["tokens"], places)
    if "following" not in tensors:
        return (x, *_others(tensors, rows))
    return (x, tf.gather(tensors["tokens"], places + tensors["following"]))


def _others(tensors: Tensors, rows: tf.Tensor) -> Batch:
    import tensorflow as tf

    return tuple(tf.gather(tensors[name], rows) for name in ("y", "weight") if name in tensors)
