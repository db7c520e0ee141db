"""Trains, scores and asks a model. One loop over the epochs, and two ways to go through one.

Keras' `fit` spends 1 to 2 ms a step before any arithmetic. Here a compiled graph goes through the batches of rows that
stay in memory, called a few times a second at most; the weights after the same batches are those of `fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dlpy.components.hooks import Hooks
from dlpy.components.objectives import losses_first
from dlpy.core import signals
from dlpy.data.features import Padded, row_bytes
from dlpy.data.rows import Rows
from dlpy.engine import model_state
from dlpy.engine.device_rows import Draws, Resident, Tensors
from dlpy.engine.fused_updates import fuse
from dlpy.engine.graph_epoch import InGraph, Part, steps_in_block
from dlpy.engine.graphs import Graphs
from dlpy.engine.lengths import ignores_padding
from dlpy.engine.plan import Execution, Pause, Plan, Position, Stage, acts_on_batches, by_length, order
from dlpy.engine.step_epoch import Stream
from dlpy.engine.step_hooks import Watch, no_pause, require_finite

if TYPE_CHECKING:
    import keras

_HELD_OUT_BYTES = 4_000_000  # rows scored at a time: more would not stay in the cache
_MOST_HELD_OUT = 512

# Takes rows and what the model says of all of them, (rows, units), and returns a score that no sum over batches gives.
ExactScore = Callable[[Rows, np.ndarray], float]


class Epoch(Protocol):
    """A way to go through all rows once."""

    def go(self, tensors: Tensors, after: Pause, first: int = 0) -> dict[str, float]:
        """Go through the rows, as Resident.in_order gave them, and return the scores.

        Args:
            after: called again and again, with how many steps are done.
            first: the step to begin with; before any but the first one, the metrics hold what they had gathered.
        """
        ...


class Engine:
    """Trains, scores and asks one compiled model; what is traced for some rows serves all rows of the same shape.

    Args of an instance:
        exact: scores by name that replace what Keras' metrics of these names say of rows that are scored.
        masks_padding: what the family says of itself, see Model.masks_padding; it is checked before it is relied on.
        tell: shows a line to the user.
    """

    def __init__(
        self,
        model: keras.Model,
        execution: Execution | None = None,
        exact: Mapping[str, ExactScore] | None = None,
        *,
        masks_padding: bool = False,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.model = model
        self._exact = exact or {}
        self.execution = execution or Execution()
        self._masks_padding, self._tell = masks_padding, tell
        self._cut: bool | None = None
        self._compiled()

    def _compiled(self) -> None:
        """Take the model as it is compiled now."""
        self._graphs = Graphs(self.model)
        if self.execution == Execution("epoch"):  # XLA fuses by itself, and steps are to be those of `fit`
            for optimizer, _ in model_state.learners(self.model):
                fuse(optimizer)

    def restart(self, fresh: keras.Model) -> None:
        """Bring the model into the state of a fresh one of the same architecture, keeping what is traced."""
        model_state.copy(fresh, self.model)

    def fit(self, train: Rows, validation: Rows | None, plan: Plan, hooks: Sequence[Hooks]) -> None:
        """Train the model.

        Raises:
            DivergedError: the loss is not finite any more; no hook sees that epoch's end.
        """
        drawn = plan.steps_per_epoch and plan.steps_per_epoch * min(plan.batch_size, len(train))
        resident = Resident(train, plan.batch_size, plan.sample_weight, drawn, cut=self._cuts(train))
        for hook in hooks:
            hook.set_model(self.model)
            hook.set_params({"epochs": plan.epochs, "steps": resident.steps, "verbose": 0})
        for hook in hooks:
            hook.on_train_begin()
        at = plan.position
        first = at.first if at else 0
        for number, stage in enumerate(plan.stages or [None], 1):
            if at and number < at.stage:
                continue
            if stage is not None:
                self._enter(number, stage, hooks)
            epochs = range(first, first + (stage or plan).epochs)
            if at and number == at.stage:
                epochs = self._take_up(at, epochs, train)
            with signals.between_steps():
                first = 1 + self._go_through(epochs, (train, validation), plan, resident, hooks)
        for hook in hooks:
            hook.on_train_end()

    def _enter(self, number: int, stage: Stage, hooks: Sequence[Hooks]) -> None:
        description = stage.enter(self.model)
        self._compiled()
        for hook in hooks:
            if isinstance(hook, Hooks):  # Keras' own callbacks know no phases
                hook.on_phase_begin(number, description)

    def _take_up(self, at: Position, epochs: range, train: Rows) -> range:
        """Bring model and hooks to where training was in these epochs, and return those that are left."""
        self._graphs.create_variables(train, cut=self._cuts(train))
        at.restore(self.model)
        left = range(at.epochs, at.epochs if at.stopped else epochs.stop)
        if left and not at.step:  # after its epochs what a stage leaves are the averages, and within one they are not
            model_state.swap_averages(self.model)
        return left

    def _go_through(
        self, epochs: range, parts: tuple[Rows, Rows | None], plan: Plan, resident: Resident, hooks: Sequence[Hooks]
    ) -> int:
        """Train for these epochs, or until a hook ends it; return the last one."""
        if not epochs:
            return epochs.start - 1
        train, validation = parts
        in_orders = resident.in_orders(self._orders(train, plan, epochs, resident.drawn))
        training = self._training(train, resident, plan.pause, hooks)
        held_out = None if validation is None else self._scorer(validation, plan.batch_size)
        self.model.stop_training = False
        epoch = epochs.start
        at = plan.position
        for epoch, tensors in zip(epochs, in_orders, strict=True):
            for hook in hooks:
                hook.on_epoch_begin(epoch)
            first = at.step if at and at.epochs == epoch else 0
            watch = Watch(self.model, hooks, epoch, first)
            logs = losses_first(training.go(tensors, watch.after, first))
            back = watch.back_to(resident.steps)
            model_state.swap_averages(self.model)  # the averages are what is scored, kept and, in the end, left
            if held_out is not None:
                logs |= {f"val_{name}": value for name, value in losses_first(held_out(back)).items()}
            require_finite(logs, f"in epoch {epoch + 1}", self.model)
            for hook in hooks:
                hook.on_epoch_end(epoch, logs)
            if self.model.stop_training or epoch == epochs[-1]:
                break
            model_state.swap_averages(self.model)
        return epoch

    def evaluate(self, rows: Rows, batch_size: int) -> dict[str, float]:
        """Return the loss and metrics on these rows."""
        self._graphs.create_variables(rows, cut=self._cuts(rows))
        return losses_first(self._scorer(rows, batch_size)(no_pause))

    def predict(self, rows: Rows, batch_size: int) -> np.ndarray:
        """Return what the model says of these rows: (rows, units) float32."""
        import tensorflow as tf

        resident = Resident(rows, _held_out_batch(rows, batch_size), cut=self._cuts(rows))
        ordered = self._held_out_order(rows)
        tensors = resident.in_order(ordered)
        steps = map(tf.constant, range(resident.steps))
        given = np.concatenate([self._graphs.predict(tensors, step).numpy() for step in steps])
        prediction = np.empty_like(given)
        prediction[ordered] = given
        return prediction

    def _cuts(self, rows: Rows) -> bool:
        """Return whether batches are cut to their longest row; the first rows that are asked for decide it for all."""
        if not (self._masks_padding and isinstance(rows.x, Padded) and self.model.inputs[0].shape[1] is None):
            return False
        if self._cut is None:
            self._cut = ignores_padding(self.model, rows.x)
            if not self._cut:
                self._tell(
                    "rows are filled up to their full length, not to the longest row of a batch: the model says that "
                    "it masks padding, but its predictions for short rows depend on it"
                )
        return self._cut

    def _lengths(self, rows: Rows) -> np.ndarray | None:
        """Return the rows' lengths where batches are cut to their longest row: they are then of about one length."""
        return rows.x.lengths if isinstance(rows.x, Padded) and self._cuts(rows) else None

    def _orders(self, train: Rows, plan: Plan, epochs: range, drawn: int) -> Iterator[tuple[np.ndarray, Draws]]:
        """Yield in which order each epoch takes the rows, and how their pictures are changed."""
        change = plan.augmentation
        draws = change.by_epoch(train.x, plan.seed, drawn) if change else lambda epoch: {}
        return ((self._order(train, plan, epoch, drawn), draws(epoch)) for epoch in epochs)

    def _order(self, train: Rows, plan: Plan, epoch: int, drawn: int | None) -> np.ndarray:
        drawn_rows, lengths = order(plan.seed, epoch, len(train), drawn), self._lengths(train)
        if lengths is None:
            return drawn_rows
        return by_length(drawn_rows, lengths, min(plan.batch_size, len(train)), plan.seed, epoch)

    def _held_out_order(self, rows: Rows) -> np.ndarray:
        lengths = self._lengths(rows)
        ordered = np.arange(len(rows)) if lengths is None else np.argsort(lengths, kind="stable")
        return ordered.astype(np.int32)

    def _training(self, train: Rows, rows: Resident, pause: int | None, hooks: Sequence[Hooks]) -> Epoch:
        self._graphs.create_variables(train, cut=self._cuts(train))
        if self.execution.mode == "steps":
            listeners = [hook for hook in hooks if acts_on_batches(hook)]
            return Stream(self.model, rows, pause, listeners, jit_compile=self.execution.jit_compile)
        if not self.execution.jit_compile:
            return InGraph([Part(self._graphs.train, 0, rows.steps)], pause)
        shape = self.model.inputs[0].shape[1:]
        times = shape[0] or 1 if len(shape) == 2 else 1  # of a recurrent network
        block = steps_in_block(rows, row_bytes(train.x), self.model.count_params(), pause, times)
        whole = rows.drawn // rows.batch_size // block
        compiled = Part(self._graphs.train_blocks(block, rows.batch_size), 0, whole, block)
        return InGraph([compiled, Part(self._graphs.train, whole * block, rows.steps)], pause)

    def _scorer(self, rows: Rows, batch_size: int) -> Callable[[Pause], dict[str, float]]:
        resident = Resident(rows, _held_out_batch(rows, batch_size), cut=self._cuts(rows))
        tensors = resident.in_order(self._held_out_order(rows))
        if not self._exact:
            scoring = InGraph([Part(self._graphs.test, 0, resident.steps)])
            return lambda after: scoring.go(tensors, after)
        keeping = InGraph([Part(self._graphs.test_and_keep, 0, resident.steps)])

        def score(after: Pause) -> dict[str, float]:
            self._graphs.make_room(len(rows))
            scores = keeping.go(tensors, after)
            return scores | {name: exact(rows, self._graphs.kept()) for name, exact in self._exact.items()}

        return score


def _held_out_batch(rows: Rows, batch_size: int) -> int:
    """Return how many rows to score at a time: more than training takes where rows are small, always the same."""
    return max(batch_size, min(_MOST_HELD_OUT, _HELD_OUT_BYTES // row_bytes(rows.x)))
