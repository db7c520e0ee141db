"""Checks of experiments with a classic model, which has no epochs, batches or optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlpy.components.estimator import EstimatorModel
from dlpy.core.errors import ConfigError
from dlpy.experiment.yaml_reader import Mistake

if TYPE_CHECKING:
    from dlpy.experiment.experiment import Experiment

ESTIMATOR_OPTIONS = {"metrics", "class_weight", "threshold", "refit"}  # of training: all that a classic model heeds


def clashes_of_estimators(experiment: Experiment) -> list[Mistake]:
    """Return the options that a classic model would ignore, and the package that it lacks."""
    family, mistakes = experiment.model, []
    if not isinstance(family, EstimatorModel):
        return []
    try:
        family.require_packages()
    except ConfigError as error:
        mistakes.append(Mistake(("model", "name"), str(error)))
    hint = f"{family.name} is fitted without it: leave this option out. Its own: dlpy show models {family.name}."
    ignored = experiment.training.model_fields_set - ESTIMATOR_OPTIONS
    mistakes += [Mistake(("training", name), hint) for name in sorted(ignored)]
    if experiment.callbacks:
        mistakes.append(Mistake(("callbacks",), f"{family.name} has no epochs to act on: leave callbacks out."))
    if experiment.data.augmentation:
        message = f"{family.name} sees each row once: leave augmentation out."
        mistakes.append(Mistake(("data", "augmentation"), message))
    if experiment.data.as_kept().reads_in_pieces():
        message = f"{family.name} needs all rows in memory, and the data needs more than it may take: use dense, or "
        mistakes.append(Mistake(("model", "name"), f"{message}raise data.memory."))
    return mistakes
