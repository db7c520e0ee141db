"""One run from an experiment to a run directory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlpy.components.model import GenerativeModel, PretrainedModel
from dlpy.core import keras_backend
from dlpy.core.errors import in_one_line
from dlpy.data.rows import Data, Loaded, Rows
from dlpy.data.task import Task
from dlpy.data.validate import check
from dlpy.drawing.figures import draw_all
from dlpy.engine.custom_step import stepped_class
from dlpy.engine.engine import Engine
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment, raise_mistakes
from dlpy.runs import checkpoints
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import Run, forget_outdated
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.runs.samples import save_augmented
from dlpy.storage import atomic
from dlpy.storage.atomic import require_space, require_writable
from dlpy.training.class_balance import class_warnings
from dlpy.training.compile import (
    compiled_model,
    exact_scores,
    fresh_model,
    is_partly_frozen,
    penalty_line,
    weights_line,
)
from dlpy.training.export import with_preprocessing
from dlpy.training.fit import Training, built_callbacks, checkpoint_of, choose_execution, directions, fit_on
from dlpy.training.pipeline import Pipeline, Split, obtain, split, transform
from dlpy.training.record import (
    Options,
    Seen,
    begin,
    fingerprint,
    save_predictions,
    save_splits,
    settle_config,
    summarize,
)
from dlpy.training.reporter import Reporter

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Prepared:
    """A run that has its rows and may begin to train."""

    experiment: Experiment
    loaded: Loaded
    parts: Split
    checkpoint: CheckpointState | None = None  # the state of the one to go on from; None: from the beginning
    is_refit: bool = False  # of a k-fold run, whose config.yaml is that of its folds


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
    keras_backend.give_back_memory()  # what reading took, before TensorFlow wants its own
    return Prepared(experiment.resolved(task, loaded.resolved), loaded, split(experiment.data, loaded))


def train(experiment: Experiment, document: Document, options: Options, reporter: Reporter) -> Run:
    """Train an experiment and return its run directory."""
    keras_backend.check_settings()
    require_writable(options.folder)
    options = replace(options, given=fingerprint(experiment))
    prepared = prepare(experiment, document, options)
    experiment = prepared.experiment
    data, pipeline = transform(experiment, prepared.parts, prepared.loaded.task)
    check(data)
    reporter.data_ready(prepared.loaded, data, experiment)
    if not options.smoke:
        reporter.notices(class_warnings(data, experiment.data))
    run = begin(experiment, prepared.loaded, data.task, options)
    with locked(run), record_outcome(run):
        finish(run, prepared, data, pipeline, reporter)
        del prepared, data, pipeline  # plots want the room
        draw_all(run, reporter.notice)
    return run


def finish(run: Run, prepared: Prepared, data: Data, pipeline: Pipeline, reporter: Reporter) -> None:
    """Train in a run directory that exists, and leave everything in it that is read later."""
    experiment = prepared.experiment
    pipeline.save(run.transforms)
    save_splits(run, data)
    keras_backend.start()
    if experiment.data.augmentation:
        save_augmented(run, data.train, experiment.data.augmentation, experiment.seed)
    if isinstance(experiment.model, PretrainedModel) and (line := experiment.model.notice(data.task)):
        reporter.notice(line)
    engine = fit_best(run, prepared, data, reporter)
    if not prepared.is_refit:
        forget_outdated(run)  # of a state on the way that somebody looked at
    model = engine.model
    prediction = None
    if data.validation is not None and data.task.output.has_answers:
        prediction = engine.predict(data.validation, experiment.training.batch_size)
    summarize(run, data, experiment, model.count_params(), prediction)
    if prediction is not None and data.validation is not None and prepared.parts.validation is not None:
        seen = Seen(prepared.parts.validation, data.validation, data.task.output)
        save_predictions(run, "validation", seen, prediction)
    if isinstance(experiment.model, GenerativeModel):
        made = experiment.model.samples(model, data, experiment.seed)
        if made:
            atomic.write_arrays(run.made, made)
    require_space(run.model, 8 * model.count_params())  # the file, and what Keras writes on its way there
    try:
        atomic.write_whole(run.model, _portable(model, experiment, data.task, pipeline, prepared.parts.train).save)
    except (TypeError, ValueError, NotImplementedError) as error:  # the run's checkpoints are all that dlpy needs
        reporter.notice(f"model.keras is left out: Keras cannot save this model: {in_one_line(error)}")


def fit_best(run: Run, prepared: Prepared, data: Data, reporter: Reporter) -> Engine:
    """Train a model, leave its scores and checkpoints in the run, and return it with its best weights.

    It is a fresh one, or, given the state of a checkpoint, that of the run's last checkpoint.
    """
    experiment, state = prepared.experiment, prepared.checkpoint
    experiment = experiment.model_copy(update={"model": experiment.model.resolved(data.task)})
    fresh = state is None  # else a checkpoint fills the model: it needs no weights that were learnt elsewhere
    model = fresh_model(experiment, data.task) if fresh else compiled_model(experiment, data.task, experiment.seed)
    callbacks = built_callbacks(experiment, run, data)
    execution = choose_execution(experiment, model, len(data.train), list(callbacks.values()))
    if not prepared.is_refit:
        settle_config(run, experiment.executed(execution))
    exact, masks_padding = exact_scores(experiment, data.task), experiment.model.masks_padding
    engine = Engine(model, execution, exact, masks_padding=masks_padding, tell=reporter.notice)
    if is_partly_frozen(model) and not experiment.training.phases:
        reporter.notice(weights_line(model))
    if line := penalty_line(model):
        reporter.notice(line)
    keeper = checkpoint_of(experiment).build(run, directions(experiment, data))
    fit_on(Training(run, engine, experiment, data), callbacks, keeper, reporter, state)
    checkpoints.load_weights(engine.model, run)
    return engine


def _portable(model: keras.Model, experiment: Experiment, task: Task, pipeline: Pipeline, raw: Rows) -> keras.Model:
    """Return the model for people without dlpy: dense input, and preprocessing in front where Keras can express it."""
    if isinstance(model, stepped_class()):
        takes_rows = model.portable.input_shape == model.input_shape
        return with_preprocessing(model.portable, pipeline, raw) if takes_rows else model.portable
    import keras

    model = keras.Model(model.inputs, model.outputs)  # not compiled: some losses and metrics only dlpy could load
    if task.output.kind == "tokens":
        return model
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
