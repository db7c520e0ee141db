"""Trains, scores and predicts with a model: one loop over the epochs, and two ways to execute one.

Keras' `fit` spends 1 to 2 ms a step before any arithmetic. Here a compiled graph runs over batches of rows that stay in
memory, and is called a few times a second; the weights after the same batches are those of `fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dlpy.components.hooks import Hooks
from dlpy.components.objectives import losses_first
from dlpy.core import signals, timing
from dlpy.data.rows import Rows
from dlpy.engine import devices, model_state
from dlpy.engine.agreement import Agreement
from dlpy.engine.device_rows import Resident, Tensors
from dlpy.engine.fused_updates import fuse
from dlpy.engine.graphs import GraphEpoch, Graphs, Part, Predictions, steps_in_block
from dlpy.engine.held_out_batch import bytes_of_row, held_out_batch, in_own_order, without_single
from dlpy.engine.lengths import Lengths
from dlpy.engine.model_state import Averages
from dlpy.engine.ordered_updates import add_in_order
from dlpy.engine.plan import Execution, Pause, Plan, Stage, acts_on_batches, epoch_orders, held_out_order
from dlpy.engine.precision import updating
from dlpy.engine.replicated_step import ReplicatedStep
from dlpy.engine.step_epoch import StepEpoch
from dlpy.engine.step_hooks import Watch, no_pause, require_finite

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

# Takes rows and the predictions for all of them, and returns a score that no sum over batches gives.
ExactScore = Callable[[Rows, Predictions], float]
Scorer = Callable[[Pause], dict[str, float]]


class Epoch(Protocol):
    """A way to run over all rows once."""

    def run(self, tensors: Tensors, after: Pause, first: int = 0) -> dict[str, float]:
        """Run over the rows, as Resident.in_order gave them, and return the scores.

        Args:
            after: called between steps, with the number of steps that are done.
            first: the first step; unless it is 0, the metrics hold the scores of the steps before it.
        """
        ...


class Engine:
    """Trains, scores and predicts with one compiled model; a graph traced for rows serves all rows of their shape.

    Args of an instance:
        exact: scores by name that replace Keras' metrics of these names for rows that are scored.
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
        self._lengths = Lengths(model, masks_padding=masks_padding, tell=tell)
        self._agreement = Agreement(model, self.execution)
        self._use_compiled()

    def _use_compiled(self) -> None:
        """Make new graphs for the model as it is compiled now."""
        if self.execution.replicas is not None:
            self.model.train_step = ReplicatedStep(self.model, self.execution.replicas)  # type: ignore
        self._graphs = Graphs(self.model)
        for optimizer, _ in model_state.learners(self.model) if self.model.optimizer else []:
            add_in_order(updating(optimizer))
            # XLA fuses alone, and steps are to be those of `fit`
            if self.execution.mode == "epoch" and not self.execution.jit_compile:
                fuse(updating(optimizer))

    def restart(self, fresh: keras.Model) -> None:
        """Bring the model into the state of a fresh one of the same architecture, and keep the graphs."""
        model_state.copy(fresh, self.model)

    @timing.stage("epochs")
    def fit(self, train: Rows, validation: Rows | None, plan: Plan, hooks: Sequence[Hooks]) -> None:
        """Train the model stage after stage, from the plan's position on.

        Raises:
            DivergedError: a loss is NaN or infinite; no hook sees that epoch's end.
        """
        job = self._job(train, validation, plan, hooks)
        for hook in hooks:
            hook.set_model(self.model)
            hook.set_params({"epochs": plan.epochs, "steps": job.resident.steps, "verbose": 0})
        for hook in hooks:
            hook.on_train_begin()
        at = plan.position
        first = at.first if at else 0
        for number, stage in enumerate(plan.stages or [None], 1):
            if at and number < at.stage:
                continue
            if any(isinstance(hook, Hooks) and hook.ends_training for hook in hooks):
                break
            if stage is not None:
                self._enter(number, stage, hooks)
            self._graphs.create_variables(train, cut=self._lengths.cut(train))
            epochs, averages = range(first, first + (stage or plan).epochs), Averages(self.model, in_place=False)
            if at and number == at.stage:
                at.restore(self.model)
                epochs = range(at.epochs, at.epochs if at.stopped else epochs.stop)
                averages = Averages(self.model, in_place=not at.step)  # after an epoch the averages are kept
            with signals.between_steps(), self._agreement.watched(), devices.explained(self.model, plan.batch_size):
                first = 1 + self._train(epochs, job, averages)
        for hook in hooks:
            hook.on_train_end()

    def _job(self, train: Rows, validation: Rows | None, plan: Plan, hooks: Sequence[Hooks]) -> _Job:
        drawn = plan.steps_per_epoch and plan.steps_per_epoch * min(plan.batch_size, len(train))
        resident = Resident(train, plan.batch_size, plan.sample_weight, drawn, cut=self._lengths.cut(train))
        return _Job(train, validation, plan, hooks, resident)

    def _enter(self, number: int, stage: Stage, hooks: Sequence[Hooks]) -> None:
        description = stage.enter(self.model)
        self._use_compiled()
        for hook in hooks:
            if isinstance(hook, Hooks):  # Keras' own callbacks know no phases
                hook.on_phase_begin(number, description)

    def _train(self, epochs: range, job: _Job, averages: Averages) -> int:
        """Train for these epochs, or until a hook ends it; return the last one."""
        if not epochs:
            return epochs.start - 1
        plan, hooks = job.plan, job.hooks
        lengths = self._lengths.of(job.train)
        in_orders = job.resident.in_orders(epoch_orders(plan, job.train, epochs, job.resident.drawn, lengths))
        training = self._epoch(job)
        score = None if job.validation is None else self._scorer(job.validation, plan.batch_size)
        self.model.stop_training = False
        epoch = epochs.start
        for epoch, tensors in zip(epochs, in_orders, strict=True):
            averages.take_away()
            self._agreement.on_state()
            for hook in hooks:
                hook.on_epoch_begin(epoch)
            first = plan.position.first_step(epoch) if plan.position else 0
            watch = Watch(self.model, hooks, epoch, first)
            logs = losses_first(training.run(tensors, watch.after, first))
            back = watch.back_to(job.resident.steps, averages)
            averages.put_in_place()
            if score is not None:
                logs |= {f"val_{name}": value for name, value in losses_first(score(back)).items()}
            logs = self._agreement.on_scores(logs)
            require_finite(logs, f"in epoch {epoch + 1}", self.model)
            for hook in hooks:
                hook.on_epoch_end(epoch, logs)
            self._agreement.on_end()
            if self.model.stop_training:
                break
        return epoch

    def _epoch(self, job: _Job) -> Epoch:
        """Return what trains for one epoch after another, as `execution` says."""
        rows, pause = job.resident, job.plan.pause
        if self.execution.mode == "steps":
            listeners = [hook for hook in job.hooks if acts_on_batches(hook)]
            return StepEpoch(self.model, rows, pause, listeners, jit_compile=self.execution.jit_compile)
        if not self.execution.jit_compile:
            return GraphEpoch([Part(self._graphs.train, 0, rows.steps)], pause)
        shapes = [tensor.shape[1:] for tensor in self.model.inputs]
        passes = max(shape[0] or 1 if len(shape) == 2 else 1 for shape in shapes)  # of a recurrent network
        block = steps_in_block(rows, bytes_of_row(job.train), self.model.count_params(), pause, passes)
        full = rows.drawn // rows.batch_size // block
        compiled = Part(self._graphs.train_blocks(block, rows.batch_size), 0, full, block)
        return GraphEpoch([compiled, Part(self._graphs.train, full * block, rows.steps)], pause)

    def evaluate(self, rows: Rows, batch_size: int) -> dict[str, float]:
        """Return the loss and metrics on these rows."""
        self._graphs.create_variables(rows, cut=self._lengths.cut(rows))
        return losses_first(self._scorer(rows, batch_size)(no_pause))

    def predict(self, rows: Rows, batch_size: int) -> np.ndarray:
        """Return the predictions of a model with one output for these rows: (rows, units) or (rows, steps, units)."""
        (prediction,) = self.predict_all(rows, batch_size).values()
        return prediction

    @timing.stage("predictions")
    def predict_all(self, rows: Rows, batch_size: int) -> Predictions:
        """Return the predictions for these rows by output."""
        import tensorflow as tf

        rows, count = without_single(self.model, rows, batch_size), len(rows)
        resident, order = self._held_out(rows, batch_size)
        tensors = resident.in_order(order)
        steps = [self._step(tensors, tf.constant(step)) for step in range(resident.steps)]
        return {name: in_own_order(order, [step[name] for step in steps])[:count] for name in steps[0]}

    def _step(self, tensors: Tensors, step: tf.Tensor) -> Predictions:
        return {name: prediction.numpy() for name, prediction in self._graphs.predict(tensors, step).items()}

    def _scorer(self, rows: Rows, batch_size: int) -> Scorer:
        """Return what scores these rows again and again."""
        resident, order = self._held_out(rows, batch_size)
        tensors = resident.in_order(order)
        if not self._exact:
            scoring = GraphEpoch([Part(self._graphs.test, 0, resident.steps)], rows=resident)
            return lambda after: scoring.run(tensors, after)
        keeping = GraphEpoch([Part(self._graphs.test_and_keep, 0, resident.steps)], rows=resident)

        def score(after: Pause) -> dict[str, float]:
            self._graphs.make_room(len(rows))
            scores = keeping.run(tensors, after)
            kept = self._graphs.kept()
            return scores | {name: exact(rows, kept) for name, exact in self._exact.items()}

        return score

    def _held_out(self, rows: Rows, batch_size: int) -> tuple[Resident, np.ndarray]:
        """Return rows to score or predict, and their order."""
        size = held_out_batch(self.model, rows, batch_size)
        resident = Resident(rows, size, cut=self._lengths.cut(rows))
        return resident, held_out_order(rows, self._lengths.of(rows))


@dataclass(frozen=True)
class _Job:
    """What `fit` was asked to do."""

    train: Rows
    validation: Rows | None
    plan: Plan
    hooks: Sequence[Hooks]
    resident: Resident  # the training rows
