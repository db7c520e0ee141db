"""How an epoch is executed: the data stays in memory, and a compiled graph goes through its batches.

Keras' `fit` spends 1 to 2 ms a step before any arithmetic. Here the graph is called a few times a second at most; the
weights after the same batches are those of `fit`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlpy import model_state, resident
from dlpy.components import Hooks
from dlpy.data import Rows
from dlpy.errors import DivergedError
from dlpy.features import row_bytes
from dlpy.graphs import Data, Graphs, Loop

if TYPE_CHECKING:
    import keras

_CALL_SECONDS = 0.3  # how long one call of the graph may take: progress is shown and Ctrl-C heard between calls
_BLOCK_BYTES = 4_000_000  # rows that XLA, or scoring, takes at a time: more would not stay in the cache
_MOST_HELD_OUT = 512  # rows scored at a time


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


class Engine:
    """Trains, scores and asks one compiled model; what is traced for some rows serves all rows of the same shape."""

    def __init__(self, model: keras.Model, *, xla: bool = False) -> None:
        self.model = model
        self._graphs = Graphs(model, xla=xla)

    @property
    def xla(self) -> bool:
        """Whether XLA compiles the training steps."""
        return self._graphs.xla

    def restart(self, fresh: keras.Model) -> None:
        """Bring the model into the state of a fresh one of the same architecture, keeping what is traced."""
        model_state.copy(fresh, self.model)

    def fit(self, train: Rows, validation: Rows | None, plan: Plan, hooks: Sequence[Hooks]) -> None:
        """Train the model.

        Raises:
            DivergedError: the loss is not finite any more; no hook sees that epoch's end.
        """
        data = resident.tensors(train, plan.sample_weight)
        self._graphs.create_variables(data)
        size = min(plan.batch_size, len(train))
        rows = _Pass(self._graphs.train, data, len(train), size, self._steps_at_a_time(train, size))
        held_out = None if validation is None else self._scoring(validation, plan.batch_size)
        self.model.stop_training = False
        for hook in hooks:
            hook.set_model(self.model)
        for hook in hooks:
            hook.on_train_begin()
        for epoch in range(plan.epochs):
            for hook in hooks:
                hook.on_epoch_begin(epoch)
            logs = rows.go(order(plan.seed, epoch, len(train)), hooks)
            model_state.swap_averages(self.model)  # the averages are what is scored, kept and, in the end, left
            if held_out is not None:
                logs |= {f"val_{name}": value for name, value in held_out.go(None, []).items()}
            _require_finite(logs, epoch)
            for hook in hooks:
                hook.on_epoch_end(epoch, logs)
            if self.model.stop_training or epoch == plan.epochs - 1:
                break
            model_state.swap_averages(self.model)
        for hook in hooks:
            hook.on_train_end()

    def evaluate(self, rows: Rows, batch_size: int) -> dict[str, float]:
        """Return the loss and metrics on these rows."""
        scoring = self._scoring(rows, batch_size)
        self._graphs.create_variables(scoring.data)
        return scoring.go(None, [])

    def predict(self, rows: Rows, batch_size: int) -> np.ndarray:
        """Return what the model says of these rows: (rows, units) float32."""
        data, size = resident.tensors(rows), _held_out_batch(rows, batch_size)
        indices = np.arange(len(rows), dtype=np.int32)
        starts = range(0, len(rows), size)
        return np.concatenate([self._graphs.predict(data, indices[start : start + size]).numpy() for start in starts])

    def _scoring(self, rows: Rows, batch_size: int) -> _Pass:
        size = min(_held_out_batch(rows, batch_size), len(rows))
        return _Pass(self._graphs.test, resident.tensors(rows), len(rows), size, 1)

    def _steps_at_a_time(self, rows: Rows, batch_size: int) -> int:
        """Return how many steps make a block: few enough for the cache, and, where possible, blocks of one length."""
        if not self._graphs.xla:
            return 1
        full = max(1, len(rows) // batch_size)
        most = max(1, min(full, _BLOCK_BYTES // (batch_size * row_bytes(rows.x))))
        even = [length for length in range(most, most // 2, -1) if full % length == 0]
        return even[0] if even else most


@dataclass
class _Pass:
    """Goes through all rows once per call of `go`."""

    loop: Loop
    data: Data
    rows: int
    batch_size: int
    block: int  # steps
    pace: float = 0.0  # blocks a second, as measured

    def go(self, indices: np.ndarray | None, hooks: Sequence[Hooks]) -> dict[str, float]:
        """Send the rows through the graph in this order (as they are for None) and return the scores."""
        indices = np.arange(self.rows, dtype=np.int32) if indices is None else indices
        size, full = self.batch_size, self.rows // self.batch_size
        whole = full // self.block * self.block
        batches = indices[: full * size].reshape(full, size)
        parts = (
            (0, batches[:whole].reshape(-1, self.block, size)),  # whole blocks,
            (whole, batches[None, whole:]),  # the batches left over,
            (full, indices[None, None, full * size :]),  # the rows left over
        )
        scores = {}
        for first, blocks in parts:
            if blocks.size:
                scores = self._call(blocks, first, lambda step: _report(hooks, step))
        return {name: float(value) for name, value in scores.items()}

    def _call(self, blocks: np.ndarray, first: int, report: Callable[[int], None]) -> dict:
        """Call the graph on blocks whose first step is `first`, no call much longer than _CALL_SECONDS."""
        import tensorflow as tf

        tensor, number, scores = tf.constant(blocks), 0, {}
        while number < len(blocks):
            stop = min(len(blocks), number + max(1, int(self.pace * _CALL_SECONDS)))
            started = time.perf_counter()
            anew = tf.constant(first + number == 0)
            scores = self.loop(self.data, tensor, tf.constant(number), tf.constant(stop), anew)
            self.pace = max(self.pace, (stop - number) / (time.perf_counter() - started))
            number = stop
            report(first + number * blocks.shape[1] - 1)
        return scores


def _held_out_batch(rows: Rows, batch_size: int) -> int:
    """Return how many rows to score at a time: more than training takes where rows are small, always the same."""
    return max(batch_size, min(_MOST_HELD_OUT, _BLOCK_BYTES // row_bytes(rows.x)))


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
