"""One training in a directory of its own, of a run or of a fold: from its beginning, or from its last checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlpy.callbacks.checkpoint import Checkpoint, CheckpointHooks
from dlpy.callbacks.metrics_csv import MetricsCsv
from dlpy.components.callback import LEARNING_RATE, Callback
from dlpy.components.hooks import Hooks, without_state
from dlpy.core import keras_backend
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Data
from dlpy.data.validate import class_numbers
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.plan import Execution, Position, choose
from dlpy.experiment.class_weights import weights_of_rows
from dlpy.experiment.experiment import Experiment
from dlpy.runs import checkpoints
from dlpy.runs.checkpoint_files import CheckpointState, rewind
from dlpy.runs.directory import Run
from dlpy.storage.atomic import storage
from dlpy.training.compile import stages_of
from dlpy.training.monitored import monitored_scores
from dlpy.training.record import note_inexact
from dlpy.training.reporter import Reporter, let_tell

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Training:
    """What is trained, on what, and the directory that keeps it."""

    run: Run
    engine: Engine
    experiment: Experiment
    data: Data


def rewound(run: Run, reporter: Reporter) -> CheckpointState | None:
    """Bring the files of a training to its last checkpoint and return its state; None where it begins anew.

    Raises:
        RunError: there are checkpoints, but none is whole.
    """
    state, damages = rewind(run)
    for damage in damages:
        reporter.notice(f"{damage} The checkpoint before it takes its place.")
    if state is None:
        with storage(run.metrics):
            run.metrics.write_text("")
    return state


def reached(state: CheckpointState | None) -> str:
    """Return how far a checkpoint is, in words: whole epochs, and steps of the next."""
    if state is None:
        return "0"
    return f"{state.epoch}" + (f" and {state.step:,} steps" if state.step else "")


def fit_on(
    training: Training,
    callbacks: Mapping[str, Hooks],
    keeper: CheckpointHooks,
    reporter: Reporter,
    state: CheckpointState | None,
) -> None:
    """Train from the beginning, or from the last checkpoint, given its state; leave metrics.csv and checkpoints."""
    _tell_what_begins_anew(training.run, callbacks, reporter, state)
    metrics = MetricsCsv(training.run.metrics)
    kept = {"metrics.csv": metrics, **callbacks, "checkpoint": keeper}
    keeper.keep(kept)
    position = None if state is None else checkpoints.position(training.run, state, kept)
    try:
        # metrics.csv comes first: it records the learning rate that the epoch had, before a callback changes it;
        # checkpoints come last, for they hold what the other hooks have become
        monitored = monitored_scores(training.experiment, training.data)
        hooks = [metrics, reporter, monitored, *callbacks.values(), keeper]
        _fit(training, hooks, position)
    finally:
        keeper.flush()


def _tell_what_begins_anew(
    run: Run, callbacks: Mapping[str, Hooks], reporter: Reporter, state: CheckpointState | None
) -> None:
    """Tell which callbacks keep no state: before training, so that nobody relies on it, and when it is missed."""
    if state is None:
        for name in without_state(callbacks):
            reporter.notice(f"callback {name} keeps no state: if this run is resumed, it begins anew")
        return
    lost = [name for name in callbacks if name not in (state.callbacks or {})]
    lines = [f"callback {name} begins anew: it kept no state, so that this run may end otherwise" for name in lost]
    for line in lines:
        reporter.notice(line)
    note_inexact(run, lines)


def choose_execution(
    experiment: Experiment, model: keras.Model, rows: int, callbacks: Sequence[Hooks], trainings: int = 1
) -> Execution:
    """Return how to train a model so often on so many rows."""
    training = experiment.training
    size = min(training.batch_size, rows)
    steps = training.steps_per_epoch or -(-rows // size)
    job = (steps * training.epochs * trainings, size)
    return choose(training.execution, training.jit_compile, model, job, callbacks)


def _fit(training: Training, hooks: Sequence[Hooks], position: Position | None) -> None:
    experiment, data = training.experiment, training.data
    how = experiment.training
    weight = sample_weight(experiment, data)
    sizes = (how.batch_size, how.epochs, experiment.seed)
    stages = stages_of(experiment, training.engine.model, data.task)
    pause = checkpoint_of(experiment).every_steps
    plan = Plan(*sizes, weight, how.steps_per_epoch, experiment.data.augmentation, stages, position, pause)
    let_tell(hooks)
    training.engine.fit(data.train, data.validation, plan, hooks)


def built_callbacks(experiment: Experiment, run: Run, data: Data) -> dict[str, Hooks]:
    """Return what the experiment's callbacks do, by their names, but for checkpoints.

    They come in their order, but those that write the learning rate last: the others see what the epoch had.
    """
    better = directions(experiment, data)
    listed = [callback for callback in experiment.callbacks if not isinstance(callback, Checkpoint)]
    listed.sort(key=lambda callback: LEARNING_RATE in (*callback.sets, *callback.changes))
    names = [callback.name for callback in listed]
    numbers = [names[:position].count(name) + 1 for position, name in enumerate(names)]
    keys = [name if number == 1 else f"{name} {number}" for name, number in zip(names, numbers, strict=True)]
    return {key: _hooks(callback, run, better) for key, callback in zip(keys, listed, strict=True)}


def _hooks(callback: Callback, run: Run, directions: dict[str, str]) -> Hooks:
    keras_backend.start()
    import keras

    hooks = callback.build(run, directions)
    if not isinstance(hooks, Hooks | keras.callbacks.Callback):
        wrong = f"its build() returned {type(hooks).__name__}, not Hooks or a keras.callbacks.Callback"
        raise ConfigError(f"callback '{callback.name}': {wrong}.")
    return hooks


def checkpoint_of(experiment: Experiment) -> Checkpoint:
    """Return the experiment's checkpoint callback; every run has one."""
    return next((item for item in experiment.callbacks if isinstance(item, Checkpoint)), Checkpoint())


def directions(experiment: Experiment, data: Data) -> dict[str, str]:
    """Return which way each score of a training gets better."""
    return experiment.directions(data.task, validation=data.validation is not None)


def sample_weight(experiment: Experiment, data: Data) -> np.ndarray | None:
    """Return how much each training row counts by its class: (rows,) float32, or None where all count the same."""
    chosen = experiment.training.class_weight
    if chosen is None:
        return None
    return weights_of_rows(chosen, class_numbers(data.train, data.task.output), data.task.output)
