"""One run from an experiment to a run directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy import backend, checkpoints, runs
from dlpy.callbacks.checkpoint import Checkpoint
from dlpy.callbacks.metrics_csv import MetricsCsv
from dlpy.checks import check, class_numbers
from dlpy.compiling import compiled_model, fresh_model, is_partly_frozen, stages_of, weights_line
from dlpy.components import Callback, Hooks
from dlpy.config import Experiment, raise_mistakes
from dlpy.data import Data, Loaded, Rows, Task
from dlpy.disk_space import require_space
from dlpy.document import Document
from dlpy.engine import Engine, Plan
from dlpy.errors import ConfigError, in_one_line
from dlpy.execution import Execution, choose
from dlpy.hooks import begin_anew
from dlpy.outcome import record_outcome
from dlpy.pipeline import Pipeline, Split, obtain, split, transform
from dlpy.plan import Position
from dlpy.preprocessing import with_preprocessing
from dlpy.records import (
    Options,
    Seen,
    begin,
    save_predictions,
    save_splits,
    settle_config,
    summarize,
)
from dlpy.reporting import Reporter, let_tell
from dlpy.run_lock import locked
from dlpy.runs import Run
from dlpy.samples import save_augmented
from dlpy.steps import stepped_class

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Prepared:
    """A run that has its rows and may begin to train."""

    experiment: Experiment
    loaded: Loaded
    parts: Split
    checkpoint: dict[str, Any] | None = None  # the state of the one to go on from; None: from the beginning


def prepare(experiment: Experiment, document: Document, options: Options) -> Prepared:
    """Return the experiment with its rows loaded and split, everything checked that can be before training."""
    if options.smoke:
        experiment = _shortened(experiment)
    return with_rows(experiment, document, obtain(experiment.data, experiment.seed, smoke=options.smoke))


def with_rows(experiment: Experiment, document: Document, loaded: Loaded) -> Prepared:
    """Return the experiment with these rows, split, everything checked that can be before training."""
    raise_mistakes(experiment, document, loaded.task)
    task = experiment.task(loaded.task)
    if task is None:
        raise ValueError("a loaded dataset always has a task")
    backend.give_back_memory()  # what reading took, before TensorFlow wants its own
    return Prepared(experiment.resolved(task, loaded.resolved), loaded, split(experiment.data, loaded))


def train(experiment: Experiment, document: Document, options: Options, reporter: Reporter) -> Run:
    """Train an experiment and return its run directory."""
    backend.check_settings()
    runs.require_writable(options.folder)
    prepared = prepare(experiment, document, options)
    experiment = prepared.experiment
    data, pipeline = transform(experiment, prepared.parts, prepared.loaded.task)
    check(data)
    reporter.data_ready(prepared.loaded, data, experiment)
    run = begin(experiment, prepared.loaded, data.task, options)
    with locked(run), record_outcome(run):
        finish(run, prepared, data, pipeline, reporter)
    return run


def finish(run: Run, prepared: Prepared, data: Data, pipeline: Pipeline, reporter: Reporter) -> None:
    """Train in a run directory that exists, and leave everything in it that is read later."""
    experiment = prepared.experiment
    pipeline.save(run.transforms)
    save_splits(run, data)
    backend.start()
    if experiment.data.augmentation:
        save_augmented(run, data.train, experiment.data.augmentation, experiment.seed)
    notice = experiment.model.notice(data.task)
    if notice:
        reporter.notice(notice)
    engine = fit_best(run, experiment, data, [reporter], prepared.checkpoint)
    model = engine.model
    summarize(run, data, experiment, model.count_params())
    if data.validation is not None and prepared.parts.validation is not None and data.task.output.has_answers:
        prediction = engine.predict(data.validation, experiment.training.batch_size)
        seen = Seen(prepared.parts.validation, data.validation, data.task.output)
        save_predictions(run, "validation", seen, prediction)
    made = experiment.model.samples(model, data, experiment.seed)
    if made:
        runs.write_arrays(run.made, made)
    require_space(run.model, 8 * model.count_params())  # the file, and what Keras writes on its way there
    try:
        runs.write_whole(run.model, _portable(model, experiment, data.task, pipeline, prepared.parts.train).save)
    except (TypeError, ValueError, NotImplementedError) as error:  # the run's checkpoints are all that dlpy needs
        reporter.notice(f"model.keras is left out: Keras cannot save this model: {in_one_line(error)}")


def fit_best(
    run: Run, experiment: Experiment, data: Data, hooks: Sequence[Reporter], state: dict[str, Any] | None
) -> Engine:
    """Train a model, leave its scores and checkpoints in the run, and return it with its best weights.

    It is a fresh one, or, given the state of a checkpoint, that of the run's last checkpoint.
    """
    experiment = experiment.model_copy(update={"model": experiment.model.resolved(data.task)})
    fresh = state is None  # else a checkpoint fills the model: it needs no weights that were learnt elsewhere
    model = fresh_model(experiment, data.task) if fresh else compiled_model(experiment, data.task, experiment.seed)
    callbacks = built_callbacks(experiment, run, data)
    execution = choose_execution(experiment, model, len(data.train), list(callbacks.values()))
    settle_config(run, experiment.executed(execution))
    engine = Engine(model, execution)
    frozen = [weights_line(model)] if is_partly_frozen(model) and not experiment.training.phases else []
    for line in frozen + ([] if fresh else begin_anew(callbacks)):
        for hook in hooks:
            hook.notice(line)
    checkpoint = checkpoint_of(experiment).build(run, _directions(experiment, data))
    metrics = MetricsCsv(run.metrics)
    kept = {"metrics.csv": metrics, **callbacks, "checkpoint": checkpoint}
    checkpoint.keep(kept)
    position = None if state is None else checkpoints.position(run, state, kept)
    try:
        # metrics.csv comes first: it records the learning rate that the epoch had, before a callback changes it;
        # checkpoints come last, for they hold what the other hooks have become
        fit(engine, experiment, data, [metrics, *hooks, *callbacks.values(), checkpoint], position)
    finally:
        checkpoint.flush()
    checkpoints.load_weights(engine.model, run)
    return engine


def choose_execution(
    experiment: Experiment, model: keras.Model, rows: int, callbacks: Sequence[Hooks], trainings: int = 1
) -> Execution:
    """Return how to train a model so often on so many rows."""
    training = experiment.training
    size = min(training.batch_size, rows)
    steps = training.steps_per_epoch or -(-rows // size)
    job = (steps * training.epochs * trainings, size)
    return choose(training.execution, training.jit_compile, model, job, callbacks)


def fit(
    engine: Engine, experiment: Experiment, data: Data, hooks: Sequence[Hooks], position: Position | None = None
) -> None:
    """Train a model as the experiment says."""
    training = experiment.training
    weight = sample_weight(experiment, data)
    sizes = (training.batch_size, training.epochs, experiment.seed)
    stages = stages_of(experiment, engine.model, data.task)
    pause = checkpoint_of(experiment).every_steps
    plan = Plan(*sizes, weight, training.steps_per_epoch, experiment.data.augmentation, stages, position, pause)
    let_tell(hooks)
    engine.fit(data.train, data.validation, plan, hooks)


def built_callbacks(experiment: Experiment, run: Run, data: Data) -> dict[str, Hooks]:
    """Return what the experiment's callbacks do, by their names and in their order, but for checkpoints."""
    directions = _directions(experiment, data)
    listed = [callback for callback in experiment.callbacks if not isinstance(callback, Checkpoint)]
    names = [callback.name for callback in listed]
    numbers = [names[:position].count(name) + 1 for position, name in enumerate(names)]
    keys = [name if number == 1 else f"{name} {number}" for name, number in zip(names, numbers, strict=True)]
    return {key: _hooks(callback, run, directions) for key, callback in zip(keys, listed, strict=True)}


def _hooks(callback: Callback, run: Run, directions: dict[str, str]) -> Hooks:
    import keras

    hooks = callback.build(run, directions)
    if not isinstance(hooks, Hooks | keras.callbacks.Callback):
        wrong = f"its build() returned {type(hooks).__name__}, not Hooks or a keras.callbacks.Callback"
        raise ConfigError(f"callback '{callback.name}': {wrong}.")
    return hooks


def checkpoint_of(experiment: Experiment) -> Checkpoint:
    """Return the experiment's checkpoint callback; every run has one."""
    return next((item for item in experiment.callbacks if isinstance(item, Checkpoint)), Checkpoint())


def _directions(experiment: Experiment, data: Data) -> dict[str, str]:
    return experiment.directions(data.task, validation=data.validation is not None)


def sample_weight(experiment: Experiment, data: Data) -> np.ndarray | None:
    """Return how much each training row counts by its class: (rows,) float32, or None where all count the same."""
    chosen = experiment.training.class_weight
    if chosen is None:
        return None
    output = data.task.output
    labels = class_numbers(data.train, output)
    counts = np.bincount(labels, minlength=2 if output.kind == "binary" else output.units or 0)
    if chosen == "balanced":
        weights = len(labels) / (len(counts) * np.maximum(counts, 1))
    else:
        names = output.classes or tuple(map(str, range(len(counts))))
        weights = np.array([chosen.get(name, chosen.get(str(number), 1.0)) for number, name in enumerate(names)])
    return weights.astype(np.float32)[labels]


def _portable(model: keras.Model, experiment: Experiment, task: Task, pipeline: Pipeline, raw: Rows) -> keras.Model:
    """Return the model for people without dlpy: dense input, and preprocessing in front where Keras can express it."""
    if isinstance(model, stepped_class()):
        takes_rows = model.portable.input_shape == model.input_shape
        return with_preprocessing(model.portable, pipeline, raw) if takes_rows else model.portable
    if task.output.kind == "tokens":
        import keras

        return keras.Model(model.inputs, model.outputs)  # not compiled: bits and perplexity are dlpy's own
    if task.input.kind != "sparse":
        return with_preprocessing(model, pipeline, raw)
    plain = experiment.model.build(task.with_input(replace(task.input, kind="array")))
    plain.set_weights(model.get_weights())
    return plain


def _shortened(experiment: Experiment) -> Experiment:
    """Return the experiment cut down to a few batches, to see whether it runs at all."""
    batch_size = min(experiment.training.batch_size, 32)
    phases = [phase.model_copy(update={"epochs": 1}) for phase in experiment.training.phases or []] or None
    update = {"epochs": len(phases or [1]), "phases": phases, "batch_size": batch_size, "steps_per_epoch": None}
    training = experiment.training.model_copy(update=update)
    holdout = experiment.data.validation
    data = experiment.data.model_copy(update={"validation": holdout and holdout.for_few_rows()})
    return experiment.model_copy(update={"training": training, "data": data})
