"""The epochs of a training, from its start or its last checkpoint, with everything that is called between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlpy.callbacks._metrics_csv import MetricsCsv
from dlpy.callbacks.checkpoint import CheckpointHooks
from dlpy.components.hooks import Hooks
from dlpy.data.rows import Data
from dlpy.engine.engine import Engine
from dlpy.engine.plan import Plan
from dlpy.experiment.experiment import Experiment
from dlpy.runs import checkpoints
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import Run
from dlpy.training.callbacks import checkpoint_of, report_stateless
from dlpy.training.compile import sample_weight, stages_of
from dlpy.training.monitored import monitored_scores
from dlpy.training.reporter import Reporter, let_tell

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Training:
    """A training of a run or a fold: the engine that holds the model, the rows, and the directory."""

    run: Run
    engine: Engine
    experiment: Experiment
    data: Data


def fit(
    training: Training,
    callbacks: Mapping[str, Hooks],
    keeper: CheckpointHooks,
    reporter: Reporter,
    state: CheckpointState | None,
) -> None:
    """Train from the start, or from the state of the last checkpoint, and write metrics.csv and checkpoints."""
    experiment, data = training.experiment, training.data
    report_stateless(training.run, callbacks, reporter, state)
    metrics = MetricsCsv(training.run.metrics)
    kept = {"metrics.csv": metrics, **callbacks, "checkpoint": keeper}
    keeper.keep(kept)
    position = None if state is None else checkpoints.position(training.run, state, kept)
    plan = replace(plan_of(experiment, data, training.engine.model), position=position)
    # metrics.csv comes first: it records the learning rate that the epoch had, before a callback changes it;
    # checkpoints come last, since they hold the other hooks' states after the epoch
    hooks = [metrics, reporter, monitored_scores(experiment, data), *callbacks.values(), keeper]
    let_tell(hooks)
    try:
        training.engine.fit(data.train, data.validation, plan, hooks)
    finally:
        keeper.flush()


def plan_of(experiment: Experiment, data: Data, model: keras.Model) -> Plan:
    """Return the plan of a training from its start."""
    how = experiment.training
    return Plan(
        how.batch_size,
        how.epochs,
        experiment.seed,
        sample_weight(experiment, data),
        how.steps_per_epoch,
        experiment.data.augmentations(data.task),
        stages_of(experiment, model, data.task),
        pause=checkpoint_of(experiment).every_steps,
    )
