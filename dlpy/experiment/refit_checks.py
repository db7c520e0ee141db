"""Checks of `training.refit`, which trains a final model on training and validation rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlpy.components.callback import LEARNING_RATE
from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import GenerativeModel
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.experiment.yaml_reader import Keys, Mistake
from dlpy.losses.pinball import Pinball

if TYPE_CHECKING:
    from dlpy.experiment.experiment import Experiment

_FOR_TABLES = "the mean of several networks is for the rows of a table"


def clashes_of_refit(experiment: Experiment) -> list[Mistake]:
    """Return the options that a final training on all rows rules out."""
    training, holdout = experiment.training, experiment.data.validation
    if not training.refit:
        return []
    keys: Keys = ("training", "refit")
    if holdout is None:
        return [Mistake(keys, "there are no validation rows to add: set data.validation, or leave this option out.")]
    if holdout.use == "test":
        message = "the validation rows are the test rows, which no model may learn from: hold out others."
        return [Mistake(("data", "validation"), f"training.refit: {message}")]
    if isinstance(experiment.model, GenerativeModel):
        return [Mistake(keys, f"{experiment.model.name} is generative and has no best epoch: leave this option out.")]
    if isinstance(training.loss, Pinball) and training.loss.conformal:
        message = "the widths of bands are fitted on validation rows, which the final model of training.refit learns"
        return [Mistake(("training", "loss"), f"{message}: set conformal: false, or leave refit out.")]
    if training.refit > 1:
        return _clashes_of_networks(experiment)
    if training.phases is not None:
        return [Mistake(keys, "a training in phases has no single best epoch: leave one of them out.")]
    return _clashes_of_rates(experiment)


def check_refit(experiment: Experiment, task: Task) -> None:
    """Raise ConfigError if the final model is to be the mean of networks that are not for tables."""
    if experiment.training.refit < 2:
        return
    outputs, shapes = task.outputs.values(), [given.shape for given in task.inputs.values()]
    kinds = {output.kind for output in outputs}
    is_flat = task.is_single and all(len(shape) == 1 for shape in shapes) and not kinds & {"tokens", "inputs"}
    if not is_flat or any(output.is_per_step for output in outputs):
        raise ConfigError(f"{_FOR_TABLES}, not {task.rows}: use refit: true.")
    if any(output.has_missing for output in outputs):
        raise ConfigError("several networks cannot learn rows without a target: leave these out, or use refit: true.")


def _clashes_of_networks(experiment: Experiment) -> list[Mistake]:
    """Return why the final model of an experiment cannot be the mean of several networks."""
    found = []
    if isinstance(experiment.model, EstimatorModel):
        found.append(f"{experiment.model.name} is no network")
    if experiment.data.rows_are_in_time:
        found.append("the rows are in time order, and networks would stop by rows earlier than those they learn")
    if experiment.data.reads_in_pieces():
        found.append("the data needs more memory than it may take")
    return [Mistake(("training", "refit"), f"{reason}: use refit: true instead.") for reason in found[:1]]


def _clashes_of_rates(experiment: Experiment) -> list[Mistake]:
    """Return the callbacks that set the learning rate by a score of validation rows, which the final training lacks."""
    mistakes = []
    for position, callback in enumerate(experiment.callbacks):
        watched = callback.monitors() or ""
        if watched.startswith("val_") and LEARNING_RATE in (*callback.sets, *callback.changes):
            message = f"{callback.name} follows {watched}, which the final training of training.refit does not have"
            hint = "use a schedule of the learning rate instead, or leave refit out."
            mistakes.append(Mistake(("callbacks", position), f"{message}: {hint}"))
    return mistakes
