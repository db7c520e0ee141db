"""Rows that stay in memory as tensors, and the batches that a graph takes of them, in any order of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.data import Rows
from dlpy.features import Features, Scaled, Sparse

if TYPE_CHECKING:
    import tensorflow as tf

Tensors = dict[str, Any]  # what Resident.in_order returns: a graph's argument
MOVED = (
    "order",
    "indices",
    "starts",
    "values",
)  # those that another order of the rows changes, as far as they are there
Batch = tuple[Any, ...]  # (x,), (x, y) or (x, y, weight)


class Resident:
    """Rows as tensors; only what depends on the order of the rows (MOVED) is made anew for another order."""

    def __init__(self, rows: Rows, batch_size: int, weight: np.ndarray | None = None) -> None:
        import tensorflow as tf

        self.rows, self.batch_size = len(rows), min(batch_size, len(rows))
        self.steps = -(-self.rows // self.batch_size)
        self._sparse = rows.x if isinstance(rows.x, Sparse) else None
        x = {} if isinstance(rows.x, Sparse) else _dense(rows.x)
        targets = {"y": rows.y if rows.y.ndim > 1 else rows.y[:, None]} if rows.targets else {}
        weights = {} if weight is None else {"weight": weight}
        fixed = {**x, **targets, **weights, "batch_size": self.batch_size}
        self._fixed = {name: tf.constant(array) for name, array in fixed.items()}

    def in_order(self, order: np.ndarray | None = None) -> Tensors:
        """Return the tensors of the rows in this order, (rows,) int32, or as they are."""
        import tensorflow as tf

        order = np.arange(self.rows, dtype=np.int32) if order is None else order
        moved = {} if self._sparse is None else _in_batches(self._sparse, order, self.batch_size)
        return self._fixed | {name: tf.constant(array) for name, array in {"order": order, **moved}.items()}

    def in_orders(self, orders: Iterable[np.ndarray]) -> Iterator[Tensors]:
        """Yield the tensors for each order; where that takes long the next ones are made meanwhile, in a thread."""
        if self._sparse is None:
            yield from map(self.in_order, orders)
            return
        with ThreadPoolExecutor(1) as thread:
            coming = None
            for order in orders:
                present, coming = coming, thread.submit(self.in_order, order)
                if present is not None:
                    yield present.result()
            if coming is not None:
                yield coming.result()


def batch(tensors: Tensors, step: tf.Tensor, width: int) -> Batch:
    """Return a batch as the model takes it; the last one may be shorter.

    Args:
        tensors: what `Resident.in_order` returned.
        step: which batch, from 0.
        width: columns of sparse rows.
    """
    import tensorflow as tf

    start = step * tensors["batch_size"]
    rows = tensors["order"][start : start + tensors["batch_size"]]
    if "indices" not in tensors:
        return _gathered(tensors, rows)
    some = slice(tensors["starts"][step], tensors["starts"][step + 1])
    indices = tf.cast(tensors["indices"][some], tf.int64)
    values = tensors["values"][some] if "values" in tensors else tf.ones(tf.shape(indices)[:1])
    x = tf.SparseTensor(indices, values, tf.stack([tf.size(rows, tf.int64), width]))
    return (x, *_others(tensors, rows))


def block(tensors: Tensors, number: tf.Tensor, steps: int, batch_size: int) -> Batch:
    """Return so many whole batches at once, by the block's number: arrays (steps, batch, ...). Not for sparse rows."""
    import tensorflow as tf

    start = number * steps * batch_size
    rows = tensors["order"][start : start + steps * batch_size]
    return _gathered(tensors, tf.reshape(rows, (steps, batch_size)))


def _dense(features: Features) -> dict[str, Any]:
    if isinstance(features, np.ndarray):
        return {"array": features}
    if isinstance(features, Scaled):
        return {"array": features.array, "scale": np.float32(features.scale), "offset": np.float32(features.offset)}
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


def _gathered(tensors: Tensors, rows: tf.Tensor) -> Batch:
    import tensorflow as tf

    x = tf.cast(tf.gather(tensors["array"], rows), tf.float32)
    if "scale" in tensors:
        x = x * tensors["scale"] + tensors["offset"]
    return (x, *_others(tensors, rows))


def _others(tensors: Tensors, rows: tf.Tensor) -> Batch:
    import tensorflow as tf

    return tuple(tf.gather(tensors[name], rows) for name in ("y", "weight") if name in tensors)
