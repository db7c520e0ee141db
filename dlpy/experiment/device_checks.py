"""Checks of the options that say on what, and with how many bits, a model is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import GenerativeModel
from dlpy.engine.devices import count
from dlpy.experiment.yaml_reader import Mistake

if TYPE_CHECKING:
    from dlpy.experiment.experiment import Experiment
    from dlpy.experiment.training_options import Training


def clashes_of_devices(experiment: Experiment) -> list[Mistake]:
    """Return the options that cannot be combined with the precision or the devices of the training."""
    family, training = experiment.model, experiment.training
    if isinstance(family, EstimatorModel):  # which refuses all of these options
        return []
    mistakes = []
    if training.precision != "float32":
        mistakes += _clashes("precision", f"{training.precision}", experiment)
    if training.devices is not None:
        mistakes += _clashes("devices", str(training.devices), experiment) + _clashes_of_replicas(training)
    return mistakes


def _clashes_of_replicas(training: Training) -> list[Mistake]:
    """Return the options that cannot be combined with several replicas."""
    mistakes, replicas = [], count(training.devices) or 1
    if training.jit_compile is True:
        hint = "XLA compiles for one device, and training.devices asks for several: use auto or false."
        mistakes.append(Mistake(("training", "jit_compile"), hint))
    if training.batch_size < replicas:
        hint = f"{training.batch_size} rows per step are fewer than the {replicas} devices that share them."
        mistakes.append(Mistake(("training", "batch_size"), hint))
    return mistakes


def _clashes(option: str, given: str, experiment: Experiment) -> list[Mistake]:
    family, training = experiment.model, experiment.training
    if isinstance(family, GenerativeModel):
        hint = f"{family.name} has training steps of its own, which do without it: leave this option out."
        return [Mistake(("training", option), hint)]
    if training.together is True:
        hint = f"trainings with {option}: {given} run one by one: use auto or false."
        return [Mistake(("training", "together"), hint)]
    return []
