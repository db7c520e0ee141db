"""The state of a model that training changes: weights, optimizers, random generators, averages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlpy.engine.custom_step import stepped_class
from dlpy.engine.precision import updating

if TYPE_CHECKING:
    import keras


def learners(model: keras.Model) -> list[tuple[Any, list[Any]]]:
    """Return a compiled model's optimizers, each with the weights it updates."""
    if isinstance(model, stepped_class()):
        return model.learners
    return [(model.optimizer, model.trainable_variables)]


def set_learning_rate(model: keras.Model, rate: float) -> None:
    """Set the learning rate of the experiment's optimizer and of its copies."""
    shared = model.shared_optimizers if isinstance(model, stepped_class()) else [model.optimizer]
    for optimizer in shared:
        updating(optimizer).learning_rate = rate


def learning_rate(model: keras.Model) -> float:
    """Return the learning rate of the last training step; with a schedule, its value for that step."""
    from keras.optimizers.schedules import LearningRateSchedule

    optimizer: Any = updating(model.optimizer)
    rate = getattr(optimizer, "_learning_rate", None)
    if isinstance(rate, LearningRateSchedule):
        return float(rate(max(0, int(optimizer.iterations) - 1)))
    return float(optimizer.learning_rate)


def build_optimizers(model: keras.Model) -> None:
    """Create the variables of the optimizers that have none yet."""
    for optimizer, weights in learners(model):
        if not optimizer.built:
            optimizer.build(weights)


def variables(model: keras.Model) -> dict[str, list[Any]]:
    """Return a model's variables: weights, those of the optimizers, and the states of random generators."""
    kept = [variable for optimizer, _ in learners(model) for variable in optimizer.variables]
    return {"weights": model.weights, "optimizer": kept, "seeds": seeds(model)}


def seeds(model: keras.Model) -> list[Any]:
    """Return the states of a model's random generators."""
    known = {id(variable) for variable in model.weights}
    return [v for v in model.variables if id(v) not in known and "seed_generator_state" in v.path]


def metrics(model: keras.Model) -> list[Any]:
    """Return the variables of the metrics."""
    return model.metrics_variables


def read(variable: Any) -> Any:
    """Return the value of a Keras variable as a tensor, in a fifth of the time that `read_value` takes.

    That counts where an epoch takes milliseconds.
    """
    import tensorflow as tf

    return tf.raw_ops.ReadVariableOp(resource=variable.value.handle, dtype=variable.value.dtype)


def copy(source: keras.Model, target: keras.Model) -> None:
    """Copy the state of a model into another of the same architecture, which then trains as the first would."""
    for model in (source, target):
        build_optimizers(model)
    given = variables(source)
    for name, group in variables(target).items():
        for variable, value in zip(group, given[name], strict=True):
            variable.assign(value)


def finish_normalization(layers: list[Any]) -> None:
    """Make normalization layers use their restored weights: they compute with a copy of them."""
    import keras

    for layer in layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


class Averages:
    """The moving averages that optimizers keep of a model's weights (`use_ema`).

    They are the model's weights while it is scored and kept, and after training; training continues from the weights
    themselves. Without `use_ema` nothing happens.

    Args of an instance:
        in_place: whether the averages are the model's weights now, as after an epoch's checkpoint was restored.
    """

    def __init__(self, model: keras.Model, *, in_place: bool) -> None:
        self._model, self._in_place = model, in_place

    def put_in_place(self) -> None:
        """Make the averages the model's weights."""
        if not self._in_place:
            self._swap()

    def take_away(self) -> None:
        """Make the weights that training continues from the model's weights."""
        if self._in_place:
            self._swap()

    def _swap(self) -> None:
        self._in_place = not self._in_place
        for optimizer in (updating(scaled) for scaled, _ in learners(self._model)):
            averages = optimizer._model_variables_moving_average if optimizer.use_ema else []
            for weight, average in zip(optimizer._trainable_variables if averages else [], averages, strict=True):
                held = weight.numpy()
                weight.assign(average)
                average.assign(held)
