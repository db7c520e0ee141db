"""Checks of `training.refit`, which trains a final model on training and validation rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlpy.components.callback import LEARNING_RATE
from dlpy.components.model import GenerativeModel
from dlpy.experiment.yaml_reader import Keys, Mistake

if TYPE_CHECKING:
    from dlpy.experiment.experiment import Experiment


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
    if training.phases is not None:
        return [Mistake(keys, "a training in phases has no single best epoch: leave one of them out.")]
    return _clashes_of_rates(experiment)


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
