"""All that changes in a model while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def variables(model: keras.Model) -> dict[str, list[Any]]:
    """Return a model's variables: weights, what the optimizer keeps, and the states of random generators."""
    weights = model.weights
    known = {id(variable) for variable in weights}
    seeds = [v for v in model.variables if id(v) not in known and "seed_generator_state" in v.path]
    return {"weights": weights, "optimizer": model.optimizer.variables, "seeds": seeds}


def copy(source: keras.Model, target: keras.Model) -> None:
    """Bring a model of the same architecture into another's state, so that it trains on as the other would."""
    for model in (source, target):
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
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
    optimizer: Any = model.optimizer
    if optimizer.use_ema:
        pairs = zip(optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True)
        for weight, average in pairs:
            held = weight.numpy()
            weight.assign(average)
            average.assign(held)
