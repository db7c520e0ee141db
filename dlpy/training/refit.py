"""The final model of a run: trained again on the training and the validation rows, for the best number of epochs.

It is a run in the folder `refit` of the run that it belongs to, with transforms of its own. The validation scores and
predictions remain those of the first model, which has not seen these rows.
"""

from __future__ import annotations

import math

from dlpy.components.estimator import EstimatorModel
from dlpy.components.objectives import Schedule
from dlpy.data.validate import check
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.training_options import Training
from dlpy.runs import checkpoints
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import FINAL_MODEL, Run
from dlpy.storage.atomic import storage
from dlpy.training.callbacks import without_senders
from dlpy.training.evaluate import read_config
from dlpy.training.part_record import write_part_record
from dlpy.training.pipeline import Split, transform
from dlpy.training.prepare import Job, Prepared
from dlpy.training.reporter import Reporter
from dlpy.training.rewind import begun, reached


def for_refit(experiment: Experiment, epochs: int) -> Experiment:
    """Return the experiment without validation rows and the callbacks that monitor them."""
    model, training = experiment.model, experiment.training.model_copy(update={"refit": 0})
    if isinstance(model, EstimatorModel):
        model = model.shortened(epochs)
    else:
        training = training.shortened(epochs)
    blind = [item for item in experiment.callbacks if not (item.monitors() or "").startswith("val_")]
    data = experiment.data.model_copy(update={"validation": None})
    return experiment.model_copy(update={"model": model, "training": training, "callbacks": blind, "data": data})


def final_job(first: Job, reporter: Reporter) -> Job:
    """Return the training of a run's final model, from its last checkpoint if it has begun.

    Args:
        first: the training that is complete, with all rows that were loaded.
    """
    run, prepared = first.run, first.prepared
    epochs, loaded = checkpoints.read_state(run).epoch, prepared.loaded
    executed, _ = read_config(run)  # as it was executed, so that a resumed run executes the final training alike
    experiment, parts = for_refit(executed, epochs), Split(loaded.train, None, loaded.test)
    data, pipeline = transform(experiment, parts, loaded.task)
    check(data)
    experiment = _alone(_with_schedule(experiment, len(first.data.train), len(data.train)))
    reporter.notice(f"refit: all {len(data.train):,} training and validation rows, {epochs} epochs")
    final = Run(run.path / FINAL_MODEL)
    state = _begun(final, experiment, reporter)
    if not final.metrics.is_file():
        own = {"kind": "train", "status": "running", "exit_reason": None, "task": data.task.to_record()}
        with storage(final.path):
            final.path.mkdir(exist_ok=True)
        write_part_record(final, run, experiment, own)
    return Job(final, Prepared(experiment, loaded, parts, state, shop=prepared.shop), data, pipeline)


def take_final(run: Run, final: Run) -> None:
    """Write the results of a run's final model, which is complete, into the run."""
    if final.model.is_file():
        with storage(run.model):
            final.model.replace(run.model)
    final.update(status="completed", exit_reason="done")
    run.write("summary.json", run.read("summary.json") | {"refit": final.read("summary.json")})


def _begun(final: Run, experiment: Experiment, reporter: Reporter) -> CheckpointState | None:
    """Return the state of the last checkpoint, the files brought back to it; None where training starts."""
    state = begun(final, experiment, reporter)
    if state is not None:
        reporter.notice(f"resumed after epoch {reached(state)} of {experiment.training.epochs} of the final model")
    return state


def _alone(experiment: Experiment) -> Experiment:
    """Return the experiment without a threshold, and without trackers, which follow the whole run."""
    training = experiment.training.model_copy(update={"threshold": None})
    return without_senders(experiment.model_copy(update={"training": training}))


def _with_schedule(experiment: Experiment, rows: int, all_rows: int) -> Experiment:
    """Return the experiment with the schedule of the learning rate stretched to the steps that all rows take."""
    training = experiment.training
    rate = getattr(training.optimizer, "learning_rate", None)
    if not isinstance(rate, Schedule):
        return experiment
    stretched = rate.stretched(_steps(training, all_rows) / _steps(training, rows))
    optimizer = training.optimizer.model_copy(update={"learning_rate": stretched})
    return experiment.model_copy(update={"training": training.model_copy(update={"optimizer": optimizer})})


def _steps(training: Training, rows: int) -> int:
    """Return the number of steps of an epoch."""
    return training.steps_per_epoch or math.ceil(rows / training.batch_size)
