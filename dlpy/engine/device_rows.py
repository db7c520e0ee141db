"""Rows that stay in memory as tensors, and the batches that a graph takes of them, in any order of the rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import starmap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dlpy.data.augmentation import Draws, augmented
from dlpy.data.features import Sparse
from dlpy.data.rows import Rows
from dlpy.engine.devices import place_of_rows
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
from dlpy.engine.rows_ahead import InFile, RowsAhead, files_of, targets_in_files, with_units
from dlpy.engine.stored_tensors import StoredRows, stored_tensors

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Shapes = Mapping[str, Shape]

Batch = tuple[Any, ...]  # (x,), (x, y) or (x, y, weight); each by name where there are several
Weight = np.ndarray | dict[str, np.ndarray]  # (rows,) float32, how much each row counts, or by output


class Held(NamedTuple):
    """What is the same in every epoch."""

    x: dict[str, RowTensors | None]  # None for sparse rows and for those in a file
    y: dict[str, Any]  # (rows, ...); (0, ...) for those in a file
    weight: Any  # (rows,) float32, or by output; None
    batch_size: Any  # () int32


class Moved(NamedTuple):
    """What depends on the order of the rows."""

    order: Any  # (drawn,) int32, positions of rows
    sparse: dict[str, SparseTensors]
    stored: dict[str, StoredRows]
    targets: dict[str, StoredRows]  # those in a file
    draws: dict[str, Draws]  # how each image of the epoch is augmented


class Tensors(NamedTuple):
    """The rows of an epoch in its order: the argument of every graph over batches."""

    held: Held
    moved: Moved


class Resident:
    """Rows as tensors; a new order of the rows makes only `Moved` again.

    Args of an instance:
        rows: the rows.
        batch_size: the number of rows in a step.
        weight: (rows,) float32, how much each row counts, for all outputs or by output.
        drawn: the number of rows in an epoch; all of them unless given.
        cut: the inputs of which each batch is cut to its longest row, where the model takes any length; the others are
            padded to full length.
    """

    def __init__(
        self,
        rows: Rows,
        batch_size: int,
        weight: Weight | None = None,
        drawn: int | None = None,
        *,
        cut: Collection[str] = (),
    ) -> None:
        self.drawn, self.batch_size = drawn or len(rows), min(batch_size, len(rows))
        self.steps = -(-self.drawn // self.batch_size)
        self._rows = rows.inputs  # graphs read images from it
        self._sparse = {name: x for name, x in rows.inputs.items() if isinstance(x, Sparse)}
        self._stored = files_of(rows.inputs)
        self._cut = frozenset(cut)
        self._ahead: list[RowsAhead] = []  # of the last orders: graphs read from them
        moved = {*self._sparse, *self._stored}
        inputs = {name: None if name in moved else row_tensors(x, cut=name in cut) for name, x in rows.inputs.items()}
        self._targets = targets_in_files(rows.targets) if self._stored else {}
        y = {name: with_units(target) for name, target in rows.targets.items()}
        y |= {name: np.asarray(target.array[:0]) for name, target in self._targets.items()}
        self._held: Held = _placed(Held(inputs, y, weight, np.int32(self.batch_size)))

    def in_order(self, order: np.ndarray | None = None, draws: Mapping[str, Draws] | None = None) -> Tensors:
        """Return the tensors of the rows in an order.

        Args:
            order: (drawn,) int32, positions of rows; as they are unless given.
            draws: how each of them, in this order, is augmented, by input.
        """
        order = np.arange(self.drawn, dtype=np.int32) if order is None else order
        sparse = {name: SparseTensors.in_order(x, order, self.batch_size) for name, x in self._sparse.items()}
        self._ahead = self._ahead[-len(self._stored) :] if self._sparse else []  # beside them, it is still in use
        stored, targets = (self._read_ahead(given, order) for given in (self._stored, self._targets))
        return Tensors(self._held, _constants(Moved(order, sparse, stored, targets, dict(draws or {}))))

    def _read_ahead(self, files: Mapping[str, InFile], order: np.ndarray) -> dict[str, StoredRows]:
        """Return rows that are in files, in this order."""
        epochs = {name: RowsAhead(x, order, self.batch_size) for name, x in files.items()}
        self._ahead += epochs.values()
        return {name: stored_tensors(files[name], epochs[name], cut=name in self._cut) for name in epochs}

    def in_orders(self, orders: Iterable[tuple[np.ndarray, Mapping[str, Draws]]]) -> Iterator[Tensors]:
        """Yield the tensors for each order; for sparse rows, a thread prepares the next ones meanwhile."""
        if not self._sparse:
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


def input_shapes(model: keras.Model) -> Shapes:
    """Return the shapes of a model's inputs, without the batch, by name."""
    return {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}


def batch(tensors: Tensors, step: tf.Tensor, shapes: Shapes) -> Batch:
    """Return a batch as the model takes it; the last one may be shorter.

    Args:
        tensors: what `Resident.in_order` returned.
        step: the number of the batch, from 0.
        shapes: of the model's inputs; that of the only one may have any name.
    """
    start = step * tensors.held.batch_size
    some = slice(start, start + tensors.held.batch_size)
    return _gathered(tensors, some, shapes, step)


def block(tensors: Tensors, number: tf.Tensor, steps: int, batch_size: int, shapes: Shapes) -> Batch:
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
    gathered = _gathered(tensors, slice(start, start + steps * batch_size), shapes)
    return tf.nest.map_structure(in_steps, gathered)


def _placed(held: Held) -> Held:
    """Return rows as tensors, on the first device unless they would fill it."""
    import tensorflow as tf

    size = sum(leaf.nbytes for leaf in tf.nest.flatten(held) if isinstance(leaf, np.ndarray))
    with tf.device(place_of_rows(size)):
        return _constants(held)


def _constants(arrays: Any) -> Any:
    """Return a NamedTuple with a tensor in place of each array."""
    import tensorflow as tf

    def constant(leaf: Any) -> Any:
        return tf.constant(leaf) if isinstance(leaf, np.ndarray | np.number) else leaf

    return tf.nest.map_structure(constant, arrays)


def _gathered(tensors: Tensors, some: slice, shapes: Shapes, step: Any = None) -> Batch:
    """Return the rows at these positions of the order, in the form of a batch.

    Args:
        tensors: the rows.
        some: the positions.
        shapes: of the model's inputs.
        step: the number of the batch, by which sparse rows are taken.
    """
    held, moved = tensors
    rows, x = moved.order[some], {}
    for name, given in held.x.items():
        shape = shapes[name] if len(held.x) > 1 else next(iter(shapes.values()))
        if isinstance(given, PassageTensors) and given.every:
            return (given.take(rows, shape), given.next_tokens(rows))
        if name in moved.stored:
            x[name] = moved.stored[name].take(some.start, rows, shape)
        elif name in moved.sparse:
            x[name] = moved.sparse[name].batch(step, rows, shape[-1])
        else:
            draws = moved.draws[name].at(some) if name in moved.draws else None
            x[name] = _features(given, rows, shape, draws)
    return (_only(x), *_targets(tensors, some, rows))


def _only(by_name: dict[str, Any]) -> Any:
    """Return the only value, or all of them by name."""
    return next(iter(by_name.values())) if len(by_name) == 1 else by_name


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


def _targets(tensors: Tensors, some: slice, rows: tf.Tensor) -> Batch:
    import tensorflow as tf

    held, stored = tensors.held, tensors.moved.targets
    y = {
        name: tf.gather(target, rows)
        if name not in stored
        else stored[name].take(some.start, rows, tuple(target.shape[1:]))
        for name, target in held.y.items()
    }
    given = [_only(y)] if y else []
    if held.weight is not None:
        given.append(tf.nest.map_structure(lambda tensor: tf.gather(tensor, rows), held.weight))
    return tuple(given)
