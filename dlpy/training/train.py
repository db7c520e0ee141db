"""One training, from an experiment to a run directory: its rows, its model, its engine, and what it leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import GenerativeModel, PretrainedModel
from dlpy.core import keras_backend
from dlpy.core.errors import in_one_line
from dlpy.core.timing import stage
from dlpy.data.rows import Data
from dlpy.data.validate import check
from dlpy.drawing import process as drawing
from dlpy.drawing.process import draw_all
from dlpy.engine.devices import memory
from dlpy.engine.engine import Engine
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run, forget_outdated
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.runs.samples import save_augmented
from dlpy.storage import atomic
from dlpy.storage.atomic import require_space, require_writable
from dlpy.training.answers import answers_for, save_predictions
from dlpy.training.callbacks import built_callbacks, checkpoint_of, directions, without_senders
from dlpy.training.class_balance import class_warnings
from dlpy.training.compile import is_partly_frozen, weights_line
from dlpy.training.estimators import Estimator, fit_rounds, read_estimator, save_rounds
from dlpy.training.export import portable_model, portable_parts, save_network
from dlpy.training.final_networks import take_networks, train_networks
from dlpy.training.fit import Training, fit
from dlpy.training.fit_bands import fit_after_training
from dlpy.training.pieces import examples
from dlpy.training.pipeline import Pipeline, transform
from dlpy.training.prepare import Job, Prepared, prepare
from dlpy.training.record import (
    Options,
    begin,
    fingerprint,
    save_splits,
    settle_config,
    summarize,
)
from dlpy.training.refit import final_job, take_final
from dlpy.training.reporter import Reporter
from dlpy.training.row_counts import save_counts
from dlpy.training.thresholds import choose_after_training
from dlpy.training.workshop import Workshop
from dlpy.training.written_texts import Writer, leave_texts

if TYPE_CHECKING:
    import keras


def train(experiment: Experiment, document: Document, options: Options, reporter: Reporter) -> Run:
    """Train an experiment and return its run directory."""
    job = started(experiment, document, options, reporter)
    if not experiment.training.refit:
        job = job.for_one_training()
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
    if options.peers is None or options.peers.rank == 0:
        drawing.begin()
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


def finish(run: Run, prepared: Prepared, data: Data, pipeline: Pipeline, reporter: Reporter) -> None:
    """Train in an existing run directory, from its start or its last checkpoint, and write all that is read later.

    Where the experiment asks for it, a final model is trained after that.
    """
    job = Job(run, prepared, data, pipeline)
    _finish_first(job, reporter)
    if prepared.experiment.training.refit:
        finish_final(job, reporter)


def finish_final(job: Job, reporter: Reporter) -> None:
    """Train the final model of a run, on its training and validation rows, and write all that is read of it later."""
    if job.prepared.experiment.training.refit > 1:
        made, model = train_networks(job, reporter)
        if not job.prepared.follows:
            _save_model(replace(made, run=job.run), model, reporter)
            take_networks(made, model)
            take_final(job.run, made.run)
        return
    final = final_job(job, reporter)
    finish(final.run, final.prepared, final.data, final.pipeline, reporter)
    if not job.prepared.follows:
        take_final(job.run, final.run)


def _finish_first(job: Job, reporter: Reporter) -> None:
    """Train the model that the validation rows score."""
    run, prepared, data = job.run, job.prepared, job.data
    experiment = prepared.experiment
    job.pipeline.save(run.transforms)
    save_splits(run, data)
    data.give_back()
    if isinstance(experiment.model, EstimatorModel):
        _finish_estimator(run, prepared, data, reporter)
        return
    keras_backend.start()
    if not prepared.follows:
        drawing.begin_to_import()
    for name, change in list(experiment.data.augmentations(data.task).items())[:1]:
        save_augmented(run, data.train.of_input(name), change, experiment.seed)
    if isinstance(experiment.model, PretrainedModel) and (line := experiment.model.notice(data.task)):
        reporter.notice(line)
    engine = fit_best(run, prepared, data, reporter)
    if not prepared.follows:
        leave(job, engine, reporter)


def leave(job: Job, engine: Engine, reporter: Reporter) -> None:
    """Write all that is read of a network after its training: scores, predictions and the network itself."""
    run, prepared, data = job.run, job.prepared, job.data
    experiment, model = prepared.experiment, engine.model
    if not prepared.is_refit:
        forget_outdated(run)  # of an earlier state that a command looked at
    keras_backend.give_back_memory()  # predictions need some again
    _write_results(run, prepared, data, (engine, model.count_params()))
    choose_after_training(run, experiment.training.threshold, reporter.notice)
    fit_after_training(run, experiment.training.loss, reporter.notice)
    if data.task.translates and data.validation is not None and prepared.parts.validation is not None:
        leave_texts(run, Writer.of(model, job.pipeline), prepared.parts.validation, data.validation)
    if isinstance(experiment.model, GenerativeModel):
        made = experiment.model.samples(model, data, experiment.seed)
        if made:
            atomic.write_arrays(run.made, made)
    save_network(run, model, experiment.model.resolved(data.task))
    if not experiment.training.refit:  # else the final model is saved
        _save_model(job, model, reporter)


def _save_model(job: Job, model: keras.Model, reporter: Reporter) -> None:
    """Write model.keras, where Keras can save the model."""
    run, prepared = job.run, job.prepared
    require_space(run.model, 8 * model.count_params())  # the file, and what Keras writes on its way there
    try:
        with stage("model.keras"):
            parts = portable_parts(run, prepared.experiment.model, (model, job.data.task), job.pipeline)
            portable = portable_model(parts, examples(prepared.parts.train))
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
    fit_after_training(run, experiment.training.loss, reporter.notice)


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
