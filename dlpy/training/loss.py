"""The training loss of an experiment as a Keras loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlpy.components.objectives import Loss
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.data.units import is_changed, own_tensor
from dlpy.experiment.experiment import Experiment

if TYPE_CHECKING:
    import keras


def training_loss(experiment: Experiment, task: Task) -> keras.losses.Loss:
    """Return the loss of an experiment.

    Raises:
        ConfigError: a plug-in returns neither a loss nor a function of targets and predictions.
    """
    import keras

    chosen = experiment.loss(task)
    plain = plain_loss(chosen)
    if not chosen.needs_unit or not is_changed(task.output):
        return plain

    class LossInUnit(keras.losses.Loss):
        """A loss of targets and predictions in the target's own unit."""

        def call(self, y_true: Any, y_pred: Any) -> Any:
            return plain.call(*(own_tensor(numbers, task.output) for numbers in (y_true, y_pred)))

    return LossInUnit(name=chosen.name)


def plain_loss(chosen: Loss) -> keras.losses.Loss:
    """Return the loss that a component builds, without conversion to the target's unit."""
    import keras
    from keras.src.losses.losses import LossFunctionWrapper

    built: Any = chosen.build()
    if isinstance(built, keras.losses.Loss):
        return built
    if not callable(built):
        wrong = f"its build() returned {type(built).__name__}, not a keras.losses.Loss"
        raise ConfigError(f"loss '{chosen.name}': {wrong}.")
    return LossFunctionWrapper(built, name=chosen.name)
