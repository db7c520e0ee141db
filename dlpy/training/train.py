"""One training, from an experiment to a run directory: its rows, its model, its engine, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlpy.callbacks.checkpoint import CheckpointHooks
from dlpy.callbacks.metrics_csv import MetricsCsv
from dlpy.components.estimator import EstimatorModel
from dlpy.components.hooks import Hooks
from dlpy.components.model import GenerativeModel, PretrainedModel
from dlpy.core import keras_backend
from dlpy.core.errors import in_one_line
from dlpy.core.timing import stage
from dlpy.data.rows import Data
from dlpy.data.validate import check
from dlpy.drawing.figures import draw_all
from dlpy.engine.devices import memory
from dlpy.engine.engine import Engine
from dlpy.engine.plan import Plan
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment
from dlpy.runs import checkpoints
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import Run, forget_outdated
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.runs.samples import save_augmented
from dlpy.storage import atomic
from dlpy.storage.atomic import require_space, require_writable
from dlpy.training.answers import answers_for, save_predictions
from dlpy.training.callbacks import built_callbacks, checkpoint_of, directions, report_stateless, without_senders
from dlpy.training.class_balance import class_warnings
from dlpy.training.compile import is_partly_frozen, sample_weight, stages_of, weights_line
from dlpy.training.estimators import Estimator, fit_rounds, read_estimator, save_rounds
from dlpy.training.export import portable_model, save_network
from dlpy.training.monitored import monitored_scores
from dlpy.training.pieces import examples
from dlpy.training.pipeline import Pipeline, transform
from dlpy.training.prepare import Prepared, prepare
from dlpy.training.record import (
    Options,
    begin,
    fingerprint,
    save_splits,
    settle_config,
    summarize,
)
from dlpy.training.reporter import Reporter, let_tell
from dlpy.training.row_counts import save_counts
from dlpy.training.thresholds import choose_after_training
from dlpy.training.workshop import Workshop
from dlpy.training.written_texts import Writer, leave_texts

if TYPE_CHECKING:
    import keras


def train(experiment: Experiment, document: Document, options: Options, reporter: Reporter) -> Run:
    """Train an experiment and return its run directory."""
    job = started(experiment, document, options, reporter)
    job = replace(job, prepared=job.prepared.split_only())
    run = job.run
    with locked(run), record_outcome(run):
        finish(run, job.prepared, job.data, job.pipeline, reporter)
        if not job.prepared.follows:
            del job  # plots need the memory
            draw_all(run, reporter.notice)
    return run


def started(experiment: Experiment, document: Document, options: Options, reporter: Reporter) -> Job:
    """Return a new run directory and what is trained in it."""
    keras_backend.check_settings()
    require_writable(options.folder)
    options = replace(options, given=fingerprint(experiment))
    prepared = prepare(experiment, document, options)
    experiment = prepared.experiment
    data, pipeline = transform(experiment, prepared.parts, prepared.loaded.task)
    check(data)
    if options.peers is not None:
        options.peers.require_same("data", prepared.loaded.fingerprint())
        prepared = replace(prepared, shop=Workshop(peers=options.peers))
    reporter.data_ready(prepared.loaded, data, experiment)
    if not options.smoke:
        reporter.notices(class_warnings(data, experiment.data))
    run = begin(experiment, prepared.loaded, data.task, options)
    save_counts(run, prepared.parts.train, data)
    return Job(run, prepared, data, pipeline)


@dataclass(frozen=True)
class Job:
    """A run directory and what is trained in it: the experiment, its rows before and after the fitted transforms."""

    run: Run
    prepared: Prepared
    data: Data
    pipeline: Pipeline


def finish(run: Run, prepared: Prepared, data: Data, pipeline: Pipeline, reporter: Reporter) -> None:
    """Train in an existing run directory, from its start or its last checkpoint, and write all that is read later."""
    experiment = prepared.experiment
    pipeline.save(run.transforms)
    save_splits(run, data)
    if isinstance(experiment.model, EstimatorModel):
        _finish_estimator(run, prepared, data, reporter)
        return
    keras_backend.start()
    for name, change in list(experiment.data.augmentations(data.task).items())[:1]:
        save_augmented(run, data.train.of_input(name), change, experiment.seed)
    if isinstance(experiment.model, PretrainedModel) and (line := experiment.model.notice(data.task)):
        reporter.notice(line)
    engine = fit_best(run, prepared, data, reporter)
    if not prepared.follows:
        leave(Job(run, prepared, data, pipeline), engine, reporter)


def leave(job: Job, engine: Engine, reporter: Reporter) -> None:
    """Write all that is read of a network after its training: scores, predictions and the network itself."""
    run, prepared, data = job.run, job.prepared, job.data
    experiment, model = prepared.experiment, engine.model
    if not prepared.is_refit:
        forget_outdated(run)  # of an earlier state that a command looked at
    _write_results(run, prepared, data, (engine, model.count_params()))
    choose_after_training(run, experiment.training.threshold, reporter.notice)
    if data.task.translates and data.validation is not None and prepared.parts.validation is not None:
        leave_texts(run, Writer.of(model, job.pipeline), prepared.parts.validation, data.validation)
    if isinstance(experiment.model, GenerativeModel):
        made = experiment.model.samples(model, data, experiment.seed)
        if made:
            atomic.write_arrays(run.made, made)
    save_network(run, model, experiment.model.resolved(data.task))
    require_space(run.model, 8 * model.count_params())  # the file, and what Keras writes on its way there
    try:
        with stage("model.keras"):
            portable = portable_model(model, experiment, data.task, job.pipeline, examples(prepared.parts.train))
            atomic.write_whole(run.model, portable.save)
    except (TypeError, ValueError, NotImplementedError) as error:  # the run's checkpoints are all that dlpy needs
        reporter.notice(f"model.keras is left out: Keras cannot save this model: {in_one_line(error)}")


def _finish_estimator(run: Run, prepared: Prepared, data: Data, reporter: Reporter) -> None:
    """Fit a classic model in an existing run directory, and write all that is read later."""
    experiment = prepared.experiment
    if not prepared.is_refit:
        settle_config(run, experiment)
    save_rounds(run, fit_rounds(run.metrics, experiment, data, reporter))
    estimator, _ = read_estimator(run, experiment, data.task)
    if not prepared.is_refit:
        forget_outdated(run)
    _write_results(run, prepared, data, (estimator, estimator.fitted.parameters))
    choose_after_training(run, experiment.training.threshold, reporter.notice)


def fit_best(run: Run, prepared: Prepared, data: Data, reporter: Reporter) -> Engine:
    """Train a model, write its scores and checkpoints into the run, and return its engine with the best weights."""
    experiment, state = prepared.experiment, prepared.checkpoint
    experiment = experiment.model_copy(update={"model": experiment.model.resolved(data.task)})
    if prepared.follows:
        experiment = without_senders(experiment)
    callbacks = built_callbacks(experiment, run, data)
    shop, listed = prepared.shop or Workshop(), list(callbacks.values())
    engine = shop.engine(experiment, data, listed, reporter.notice, fresh=state is None)
    if not prepared.is_refit:
        settle_config(run, experiment.executed(engine.execution))
    if engine.execution.replicas is not None and (run.path / "run.json").is_file():  # a fold has none
        run.update(replicas=engine.execution.replicas.text)
    if experiment.training.precision != "float32" and memory() is None:
        reporter.notice(f"precision: {experiment.training.precision} is slower than float32 on most CPUs")
    if is_partly_frozen(engine.model) and not experiment.training.phases:
        reporter.notice(weights_line(engine.model))
    keeper = checkpoint_of(experiment).build(run, directions(experiment, data))
    fit(Training(run, engine, experiment, data), callbacks, keeper, reporter, state)
    checkpoints.load_weights(engine.model, run)
    return engine


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


def _write_results(run: Run, prepared: Prepared, data: Data, best: tuple[Engine | Estimator, int]) -> None:
    """Write summary.json and the predictions for the validation rows.

    Args:
        best: what predicts with the best model, and the number of its parameters.
    """
    (engine, parameters), experiment = best, prepared.experiment
    raw, answers = prepared.parts.validation, None
    if data.validation is not None and raw is not None and data.task.has_answers:
        predictions = engine.predict_all(data.validation, experiment.training.batch_size)
        answers = answers_for(raw, data.validation, data.task, predictions)
    summarize(run, data, experiment, parameters, answers)
    if answers is not None:
        save_predictions(run, "validation", answers)
