"""Rows that stay in memory as tensors, and the batches that a graph takes of them, in any order of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import starmap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dlpy.data.augmentation import Draws, augmented
from dlpy.data.features import Sparse
from dlpy.data.rows import Rows
from dlpy.engine.row_tensors import (
    ArrayTensors,
    ImageTensors,
    PassageTensors,
    RowTensors,
    ScaledTensors,
    Shape,
    SparseTensors,
    row_tensors,
)

if TYPE_CHECKING:
    import tensorflow as tf

Batch = tuple[Any, ...]  # (x,), (x, y) or (x, y, weight)


class Held(NamedTuple):
    """What is the same in every epoch."""

    x: RowTensors | None  # None for sparse rows
    y: Any  # (rows, ...), or None
    weight: Any  # (rows,) float32, or None
    batch_size: Any  # () int32


class Moved(NamedTuple):
    """What depends on the order of the rows."""

    order: Any  # (drawn,) int32, positions of rows
    sparse: SparseTensors | None = None
    draws: Draws | None = None  # how each image of the epoch is augmented


class Tensors(NamedTuple):
    """The rows of an epoch in its order: the argument of every graph over batches."""

    held: Held
    moved: Moved


class Resident:
    """Rows as tensors; a new order of the rows makes only `Moved` again.

    Args of an instance:
        rows: the rows.
        batch_size: the number of rows in a step.
        weight: (rows,) float32, how much each row counts.
        drawn: the number of rows in an epoch; all of them unless given.
        cut: for a model that takes rows of any length: whether each batch is cut to its longest row, or padded to full
            length.
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
        self.drawn, self.batch_size = drawn or len(rows), min(batch_size, len(rows))
        self.steps = -(-self.drawn // self.batch_size)
        self._rows = rows.x  # graphs read images from it
        self._sparse = rows.x if isinstance(rows.x, Sparse) else None
        x = None if isinstance(rows.x, Sparse) else row_tensors(rows.x, cut=cut)
        y = (rows.y if rows.y.ndim > 1 else rows.y[:, None]) if rows.targets else None
        self._held: Held = _constants(Held(x, y, weight, np.int32(self.batch_size)))

    def in_order(self, order: np.ndarray | None = None, draws: Draws | None = None) -> Tensors:
        """Return the tensors of the rows in an order.

        Args:
            order: (drawn,) int32, positions of rows; as they are unless given.
            draws: how each of them, in this order, is augmented.
        """
        order = np.arange(self.drawn, dtype=np.int32) if order is None else order
        sparse = None if self._sparse is None else SparseTensors.in_order(self._sparse, order, self.batch_size)
        return Tensors(self._held, _constants(Moved(order, sparse, draws)))

    def in_orders(self, orders: Iterable[tuple[np.ndarray, Draws | None]]) -> Iterator[Tensors]:
        """Yield the tensors for each order; for sparse rows, a thread prepares the next ones meanwhile."""
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
        step: the number of the batch, from 0.
        shape: of the model's input, without the batch.
    """
    held, moved = tensors
    start = step * held.batch_size
    some = slice(start, start + held.batch_size)
    if moved.sparse is None:
        return _gathered(tensors, some, shape)
    rows = moved.order[some]
    return (moved.sparse.batch(step, rows, shape[-1]), *_targets(held, rows))


def block(tensors: Tensors, number: tf.Tensor, steps: int, batch_size: int, shape: Shape) -> Batch:
    """Return several full batches at once, as arrays (steps, batch, ...). Not for sparse rows.

    Args:
        number: of the block, from 0.
        steps: batches in a block.
    """
    import tensorflow as tf

    def in_steps(part: tf.Tensor) -> tf.Tensor:
        cut = tf.reshape(part, tf.concat([[steps, batch_size], tf.shape(part)[1:]], 0))
        return tf.ensure_shape(cut, (steps, batch_size, *part.shape[1:]))

    start = number * steps * batch_size
    return tuple(map(in_steps, _gathered(tensors, slice(start, start + steps * batch_size), shape)))


def as_variables(moved: Moved) -> Moved:
    """Return the same with a variable in place of each tensor, for any number of rows; `assign` fills them."""
    import tensorflow as tf

    def variable(leaf: Any) -> Any:
        if not isinstance(leaf, tf.Tensor):
            return leaf
        return tf.Variable(leaf, shape=tf.TensorShape([None, *leaf.shape[1:]]), trainable=False)

    return tf.nest.map_structure(variable, moved)


def assign(variables: Moved, moved: Moved) -> None:
    """Give variables of `as_variables` the tensors of another epoch."""
    import tensorflow as tf

    for variable, tensor in zip(tf.nest.flatten(variables), tf.nest.flatten(moved), strict=True):
        if isinstance(variable, tf.Variable):
            variable.assign(tensor)


def _constants(arrays: Any) -> Any:
    """Return a NamedTuple with a tensor in place of each array."""
    import tensorflow as tf

    def constant(leaf: Any) -> Any:
        return tf.constant(leaf) if isinstance(leaf, np.ndarray | np.number) else leaf

    return tf.nest.map_structure(constant, arrays)


def _gathered(tensors: Tensors, some: slice, shape: Shape) -> Batch:
    """Return the rows at these positions of the order, in the form of a batch."""
    held, moved = tensors
    rows = moved.order[some]
    if isinstance(held.x, PassageTensors) and held.x.every:
        return (held.x.take(rows, shape), held.x.next_tokens(rows))
    draws = None if moved.draws is None else moved.draws.at(some)
    return (_features(held.x, rows, shape, draws), *_targets(held, rows))


def _features(x: RowTensors | None, rows: tf.Tensor, shape: Shape, draws: Draws | None) -> tf.Tensor:
    import tensorflow as tf

    if x is None:
        raise TypeError("sparse rows are taken by their batch")
    if isinstance(x, ScaledTensors):
        return _features(x.unscaled, rows, shape, draws) * x.scale + x.offset
    taken = x.take(rows, shape)
    if not isinstance(x, ArrayTensors | ImageTensors):
        return taken
    numbers = tf.cast(taken, tf.float32)
    return numbers if draws is None else augmented(numbers, draws)


def _targets(held: Held, rows: tf.Tensor) -> Batch:
    import tensorflow as tf

    return tuple(tf.gather(tensor, rows) for tensor in (held.y, held.weight) if tensor is not None)
