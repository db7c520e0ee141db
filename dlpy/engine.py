"""How an epoch is executed: the data stays in memory, and one compiled graph loops over its batches.

Keras' `fit` spends 1 to 2 ms a step before any arithmetic. Here `model.train_step` itself, with its losses, metrics
and optimizer, is the body of a loop inside a graph that is called a few times a second; the weights after the same
batches are those of `fit`. For networks of plain dense layers XLA compiles blocks of such steps, which makes small
ones some 100 times faster; it slows convolutions down on a CPU. The graph gathers a block's rows before XLA runs:
gathering inside, or a number of steps that is not constant, made it 20 to 100 times slower.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.components import Hooks
from dlpy.data import Rows
from dlpy.errors import DivergedError
from dlpy.features import Features, Sparse

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Graph = Callable[..., None]  # of blocks (blocks, steps, batch) int32, start and stop

_CALL_SECONDS = 0.3  # how long one call of the graph may take: progress is shown and Ctrl-C heard between calls
_BLOCK_BYTES = 4_000_000
_COMPILABLE = {"InputLayer", "Dense", "Dropout", "BatchNormalization", "Activation", "Reshape", "Flatten"}


@dataclass(frozen=True)
class Plan:
    """How training goes through the rows."""

    batch_size: int
    epochs: int
    seed: int
    sample_weight: np.ndarray | None = None  # (training rows,) float32


def order(seed: int, epoch: int, rows: int) -> np.ndarray:
    """Return the order of the rows in an epoch, a pure function of seed and epoch: (rows,) int32."""
    return np.random.default_rng([seed, epoch]).permutation(rows).astype(np.int32)


def fit(model: keras.Model, train: Rows, validation: Rows | None, plan: Plan, hooks: Sequence[Hooks]) -> None:
    """Train a compiled model.

    Raises:
        DivergedError: the loss is not finite any more; no hook sees that epoch's end.
    """
    loop = _Loop(model, train, plan.batch_size, plan.sample_weight)
    held_out = None if validation is None else _Loop(model, validation, _held_out_batch(validation, plan.batch_size))
    model.stop_training = False
    for hook in hooks:
        hook.set_model(model)
    for hook in hooks:
        hook.on_train_begin()
    for epoch in range(plan.epochs):
        for hook in hooks:
            hook.on_epoch_begin(epoch)
        logs = loop.train(order(plan.seed, epoch, len(train)), lambda step: _report(hooks, step))
        if held_out is not None:
            logs |= {f"val_{name}": value for name, value in held_out.test().items()}
        _require_finite(logs, epoch)
        for hook in hooks:
            hook.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    for hook in hooks:
        hook.on_train_end()


def evaluate(model: keras.Model, rows: Rows, batch_size: int) -> dict[str, float]:
    """Return the loss and metrics of a compiled model on these rows."""
    return _Loop(model, rows, _held_out_batch(rows, batch_size)).test()


def predict(model: keras.Model, rows: Rows, batch_size: int) -> np.ndarray:
    """Return what the model says of these rows: (rows, units) float32."""
    return _Loop(model, rows, _held_out_batch(rows, batch_size)).predict()


def _held_out_batch(rows: Rows, batch_size: int) -> int:
    """Return how many rows to score at a time: more than training takes where rows are small, always the same."""
    row_bytes = 4 * rows.x[0].size if isinstance(rows.x, np.ndarray) else 1
    return max(batch_size, min(512, _BLOCK_BYTES // max(1, row_bytes)))


def uses_xla(model: keras.Model) -> bool:
    """Return whether the loop over batches is compiled by XLA for this model."""
    plain = all(type(layer).__name__ in _COMPILABLE for layer in model.layers)
    return plain and not any(getattr(tensor, "sparse", False) for tensor in model.inputs)


class _Loop:
    """The rows as tensors, and the graphs that loop over them."""

    def __init__(self, model: keras.Model, rows: Rows, batch_size: int, weight: np.ndarray | None = None) -> None:
        import tensorflow as tf

        self._model = model
        self._rows = len(rows)
        self._batch_size = batch_size
        self._pick = _pick(rows, weight)
        self._pace = 0.0  # blocks a second, as measured
        self._xla = uses_xla(model)
        self._block = _block_length(rows, batch_size) if self._xla else 1
        _create_variables(model, self._pick(tf.range(min(2, self._rows))))
        self._steps = tf.function(self._take_steps, jit_compile=True)
        self._train = _over_blocks(self._train_block)
        self._test = _over_blocks(self._test_block)
        self._predict = tf.function(lambda batch: model(self._pick(batch)[0], training=False))

    def train(self, permutation: np.ndarray, report: Callable[[int], None]) -> dict[str, float]:
        """Take one step for every batch and return the epoch's scores."""
        self._model.reset_metrics()
        self._run(self._train, permutation, self._block, report)
        return self._scores()

    def test(self) -> dict[str, float]:
        """Return the scores of the rows in order."""
        self._model.reset_metrics()
        self._run(self._test, np.arange(self._rows, dtype=np.int32), 1, lambda step: None)
        return self._scores()

    def predict(self) -> np.ndarray:
        """Return the predictions of the rows in order."""
        starts = range(0, self._rows, self._batch_size)
        indices = np.arange(self._rows, dtype=np.int32)
        return np.concatenate([self._predict(indices[start : start + self._batch_size]).numpy() for start in starts])

    def _train_block(self, indices: tf.Tensor) -> None:
        """Take the steps of a block of batches: indices (steps, batch)."""
        if self._xla:
            self._steps(self._pick(indices))
        else:
            self._model.train_step(self._pick(indices[0]))

    def _take_steps(self, block: tuple[tf.Tensor, ...]) -> None:
        """Take the steps of a block of gathered rows: arrays (steps, batch, ...)."""
        import tensorflow as tf

        for step in tf.range(block[0].shape[0]):
            self._model.train_step(tuple(array[step] for array in block))

    def _test_block(self, indices: tf.Tensor) -> None:
        self._model.test_step(self._pick(indices[0]))

    def _run(self, graph: Graph, order: np.ndarray, length: int, report: Callable[[int], None]) -> None:
        """Send all rows through a graph: whole blocks, then the batches and rows left over."""
        size = self._batch_size
        full = self._rows // size
        whole = full // length * length
        batches = order[: full * size].reshape(full, size)
        for first, blocks in (
            (0, batches[:whole].reshape(-1, length, size)),
            (whole, batches[None, whole:]),
            (full, order[None, None, full * size :]),
        ):
            if blocks.size:
                self._call(graph, blocks, lambda done, first=first: report(first + done - 1))

    def _call(self, graph: Graph, blocks: np.ndarray, report: Callable[[int], None]) -> None:
        """Call a graph so that no call takes much longer than _CALL_SECONDS, and report the batches done after each."""
        import tensorflow as tf

        tensor, number = tf.constant(blocks), 0
        while number < len(blocks):
            stop = min(len(blocks), number + max(1, int(self._pace * _CALL_SECONDS)))
            started = time.perf_counter()
            graph(tensor, tf.constant(number), tf.constant(stop))
            self._pace = max(self._pace, (stop - number) / (time.perf_counter() - started))
            number = stop
            report(number * blocks.shape[1])

    def _scores(self) -> dict[str, float]:
        return {name: float(value) for name, value in self._model.get_metrics_result().items()}


def _over_blocks(body: Callable[[tf.Tensor], None]) -> Graph:
    """Return a graph that runs `body` on each of blocks[start:stop]."""
    import tensorflow as tf

    @tf.function
    def run(blocks: tf.Tensor, start: tf.Tensor, stop: tf.Tensor) -> None:
        for number in tf.range(start, stop):
            body(blocks[number])

    return run


def _block_length(rows: Rows, batch_size: int) -> int:
    """Return how many batches XLA loops over at a time: few enough for the cache, and even blocks."""
    x = np.asarray(rows.x)
    full = max(1, len(rows) // batch_size)
    most = max(1, min(full, _BLOCK_BYTES // max(1, 4 * batch_size * x[0].size)))
    even = [length for length in range(most, most // 2, -1) if full % length == 0]
    return even[0] if even else most


def _pick(rows: Rows, weight: np.ndarray | None) -> Callable[[tf.Tensor], tuple[Any, ...]]:
    """Return a function from row numbers (batch,) to the batch (x, y) or (x, y, weight)."""
    import tensorflow as tf

    pick_x = _pick_features(rows.x)
    others = [tf.constant(array) for array in (*_targets(rows), *([] if weight is None else [weight]))]
    return lambda batch: (pick_x(batch), *(tf.gather(array, batch) for array in others))


def _targets(rows: Rows) -> list[np.ndarray]:
    if not rows.targets:
        return []
    return [rows.y if rows.y.ndim > 1 else rows.y[:, None]]


def _pick_features(features: Features) -> Callable[[tf.Tensor], Any]:
    """Return a function from row numbers to the model's input; integers become float32 here, batch by batch."""
    import tensorflow as tf

    if isinstance(features, np.ndarray):
        array = tf.constant(features)
        return lambda batch: tf.cast(tf.gather(array, batch), tf.float32)
    if not isinstance(features, Sparse):
        raise TypeError(f"a model cannot be fed with {type(features).__name__}")
    columns, splits = tf.constant(features.columns), tf.constant(features.splits)
    values = None if features.values is None else tf.constant(features.values)

    def pick(batch: tf.Tensor) -> tf.SparseTensor:
        starts = tf.gather(splits, batch)
        lengths = tf.gather(splits, batch + 1) - starts
        row = tf.repeat(tf.range(tf.size(batch, tf.int64)), lengths)  # (non-zeros of the batch,)
        before = tf.cumsum(lengths, exclusive=True)
        position = tf.range(tf.reduce_sum(lengths)) + tf.repeat(starts - before, lengths)
        column = tf.cast(tf.gather(columns, position), tf.int64)
        value = tf.ones_like(column, tf.float32) if values is None else tf.gather(values, position)
        shape = tf.stack([tf.size(batch, tf.int64), tf.constant(features.width, tf.int64)])
        return tf.SparseTensor(tf.stack([row, column], axis=1), value, shape)

    return pick


def _create_variables(model: keras.Model, batch: tuple[Any, ...]) -> None:
    """Make the variables of metrics and optimizer now: a graph that loops cannot make them."""
    x, y, *weight = batch if len(batch) > 1 else (*batch, None)
    if model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    if y is None:
        return
    prediction = model(x, training=False)
    model.compute_loss(x, y, prediction, *weight, training=False)
    model.compute_metrics(x, y, prediction, *weight)
    model.reset_metrics()


def _report(hooks: Sequence[Hooks], step: int) -> None:
    for hook in hooks:
        hook.on_train_batch_end(step)


def _require_finite(logs: dict[str, float], epoch: int) -> None:
    for name in ("loss", "val_loss"):
        if not np.isfinite(logs.get(name, 0.0)):
            raise DivergedError(
                f"{name} became {logs[name]} in epoch {epoch + 1}. "
                "Try a smaller training.optimizer.learning_rate, 'standardize' in data.transforms, or clipnorm."
            )
