"""How an epoch is executed: the data stays in memory, and one compiled graph loops over its batches.

Keras' `fit` spends 1 to 2 ms a step before any arithmetic. Here `model.train_step` itself, with its losses, metrics
and optimizer, is the body of a loop inside a graph, called a few times a second; the weights after the same batches
are those of `fit`. Networks of plain dense layers are compiled by XLA, which makes small ones some 100 times faster;
it slows convolutions down on a CPU.
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

_CALL_SECONDS = 0.3  # how long one call of the graph may take: progress is shown and Ctrl-C heard between calls
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
    held_out = None if validation is None else _Loop(model, validation, plan.batch_size)
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
    return _Loop(model, rows, batch_size).test()


def predict(model: keras.Model, rows: Rows, batch_size: int) -> np.ndarray:
    """Return what the model says of these rows: (rows, units) float32."""
    return _Loop(model, rows, batch_size).predict()


def uses_xla(model: keras.Model) -> bool:
    """Return whether the loop over batches is compiled by XLA for this model."""
    plain = all(type(layer).__name__ in _COMPILABLE for layer in model.layers)
    return plain and not any(getattr(tensor, "sparse", False) for tensor in model.inputs)


class _Loop:
    """The rows as tensors, and the compiled loops over them."""

    def __init__(self, model: keras.Model, rows: Rows, batch_size: int, weight: np.ndarray | None = None) -> None:
        import tensorflow as tf

        self._model = model
        self._rows = len(rows)
        self._batch_size = batch_size
        self._pick = _pick(rows, weight)
        self._pace = 0.0  # batches a second, as measured
        jit = uses_xla(model)
        _create_variables(model, self._pick(tf.range(min(2, self._rows))))

        @tf.function(jit_compile=jit)
        def train(batches: tf.Tensor, start: tf.Tensor, stop: tf.Tensor) -> None:
            for step in tf.range(start, stop):
                model.train_step(self._pick(batches[step]))

        @tf.function(jit_compile=jit)
        def test(batches: tf.Tensor, start: tf.Tensor, stop: tf.Tensor) -> None:
            for step in tf.range(start, stop):
                model.test_step(self._pick(batches[step]))

        @tf.function(jit_compile=jit)
        def predict(batch: tf.Tensor) -> tf.Tensor:
            return model(self._pick(batch)[0], training=False)

        self._train, self._test, self._predict = train, test, predict

    def train(self, permutation: np.ndarray, report: Callable[[int], None]) -> dict[str, float]:
        """Take one step for every batch and return the epoch's scores."""
        self._model.reset_metrics()
        self._run(self._train, permutation, report)
        return self._scores()

    def test(self) -> dict[str, float]:
        """Return the scores of the rows in order."""
        self._model.reset_metrics()
        self._run(self._test, np.arange(self._rows, dtype=np.int32), lambda step: None)
        return self._scores()

    def predict(self) -> np.ndarray:
        """Return the predictions of the rows in order."""
        starts = range(0, self._rows, self._batch_size)
        indices = np.arange(self._rows, dtype=np.int32)
        return np.concatenate([self._predict(indices[start : start + self._batch_size]).numpy() for start in starts])

    def _run(self, function: Callable[..., None], indices: np.ndarray, report: Callable[[int], None]) -> None:
        import tensorflow as tf

        full = self._rows // self._batch_size
        batches = tf.constant(indices[: full * self._batch_size].reshape(full, self._batch_size))
        step = 0
        while step < full:
            stop = min(full, step + max(1, int(self._pace * _CALL_SECONDS)))
            started = time.perf_counter()
            function(batches, tf.constant(step), tf.constant(stop))
            self._pace = max(self._pace, (stop - step) / (time.perf_counter() - started))
            report(stop - 1)
            step = stop
        if full * self._batch_size < self._rows:
            rest = tf.constant(indices[None, full * self._batch_size :])
            function(rest, tf.constant(0), tf.constant(1))
            report(full)

    def _scores(self) -> dict[str, float]:
        return {name: float(value) for name, value in self._model.get_metrics_result().items()}


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
    """Return a function from row numbers to the model's input: small integers are cast to float32 here, batch by batch."""
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
        return tf.SparseTensor(tf.stack([row, column], axis=1), value, (batch.shape[0], features.width))

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
