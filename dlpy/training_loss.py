"""The loss that an experiment trains with, as Keras takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlpy.config import Experiment
from dlpy.data import Task
from dlpy.errors import ConfigError

if TYPE_CHECKING:
    import keras


def training_loss(experiment: Experiment, task: Task) -> keras.losses.Loss:
    """Return the loss of an experiment; a plug-in may also give a function of targets and predictions.

    Raises:
        ConfigError: it gives something else.
    """
    import keras
    from keras.src.losses.losses import LossFunctionWrapper

    chosen = experiment.loss(task)
    built: Any = chosen.build()
    if isinstance(built, keras.losses.Loss):
        return built
    if not callable(built):
        wrong = f"its build() returned {type(built).__name__}, not a keras.losses.Loss"
        raise ConfigError(f"loss '{chosen.name}': {wrong}.")
    return LossFunctionWrapper(built, name=chosen.name)
