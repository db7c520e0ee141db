"""All that changes in a model while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlpy.engine.custom_step import stepped_class

if TYPE_CHECKING:
    import keras


def learners(model: keras.Model) -> list[tuple[Any, list[Any]]]:
    """Return a compiled model's optimizers, each with the weights it changes."""
    if isinstance(model, stepped_class()):
        return model.learners
    return [(model.optimizer, model.trainable_variables)]


def set_learning_rate(model: keras.Model, rate: float) -> None:
    """Give all optimizers that the experiment's own stands for another learning rate."""
    shared = model.shared_optimizers if isinstance(model, stepped_class()) else [model.optimizer]
    for optimizer in shared:
        optimizer.learning_rate = rate


def learning_rate(model: keras.Model) -> float:
    """Return the rate of the last training step; of a schedule, what it gave for that step."""
    from keras.optimizers.schedules import LearningRateSchedule

    optimizer: Any = model.optimizer
    rate = getattr(optimizer, "_learning_rate", None)
    if isinstance(rate, LearningRateSchedule):
        return float(rate(max(0, int(optimizer.iterations) - 1)))
    return float(optimizer.learning_rate)


def build_optimizers(model: keras.Model) -> None:
    """Make the variables of the optimizers that have none yet."""
    for optimizer, weights in learners(model):
        if not optimizer.built:
            optimizer.build(weights)


def variables(model: keras.Model) -> dict[str, list[Any]]:
    """Return a model's variables: weights, what the optimizers keep, and the states of random generators."""
    kept = [variable for optimizer, _ in learners(model) for variable in optimizer.variables]
    return {"weights": model.weights, "optimizer": kept, "seeds": seeds(model)}


def seeds(model: keras.Model) -> list[Any]:
    """Return the states of a model's random generators."""
    known = {id(variable) for variable in model.weights}
    return [v for v in model.variables if id(v) not in known and "seed_generator_state" in v.path]


def metrics(model: keras.Model) -> list[Any]:
    """Return what the scores of an epoch are gathered in."""
    return model.metrics_variables


def copy(source: keras.Model, target: keras.Model) -> None:
    """Bring a model of the same architecture into another's state, so that it trains on as the other would."""
    for model in (source, target):
        build_optimizers(model)
    given = variables(source)
    for name, group in variables(target).items():
        for variable, value in zip(group, given[name], strict=True):
            variable.assign(value)


def finish_normalization(layers: list[Any]) -> None:
    """Let layers that normalize by what they have learnt compute with it: they hold a copy of their weights."""
    import keras

    for layer in layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def swap_averages(model: keras.Model) -> None:
    """Exchange the weights and their moving averages, where the optimizer keeps these (`use_ema`)."""
    for optimizer, _ in learners(model):
        averages = optimizer._model_variables_moving_average if optimizer.use_ema else []
        for weight, average in zip(optimizer._trainable_variables if averages else [], averages, strict=True):
            held = weight.numpy()
            weight.assign(average)
            average.assign(held)
