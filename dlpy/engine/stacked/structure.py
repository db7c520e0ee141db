"""Whether models can be trained together: of what layers, loss and optimizer they are, and how these must agree."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.components.hooks import Hooks
from dlpy.components.objectives import DATA_LOSS
from dlpy.engine.custom_step import stepped_class
from dlpy.engine.members import members_class
from dlpy.engine.named_outputs import outputs_class
from dlpy.engine.plan import Plan
from dlpy.engine.stacked.network import LAYERS

if TYPE_CHECKING:
    import keras

_OPTIMIZERS = {"SGD", "RMSprop", "Adam", "AdamW", "Adamax", "Nadam", "Adagrad", "Adadelta", "Lion"}
_PENALTIES = {"L1", "L2", "L1L2"}
_REGULARIZERS = ("kernel_regularizer", "bias_regularizer", "beta_regularizer", "gamma_regularizer")
_OWN = {"name", "learning_rate", "weight_decay"}  # options of an optimizer that may differ between members
_REFUSED = {
    "clipnorm": "clipnorm: it depends on all weights of an array",
    "global_clipnorm": "global_clipnorm: it depends on all weights",
    "clipvalue": "clipvalue",
    "gradient_accumulation_steps": "gradient accumulation",
    "loss_scale_factor": "loss scaling",
}


@dataclass(frozen=True)
class Parts:
    """What a model consists of, in an order that is the same for models of one structure."""

    trainable: list[Any]
    averages: list[Any]  # the moving averages of batch normalization
    dropout: list[Any]  # layers
    regularized: list[int]  # positions of trainable variables
    loss: Any
    metrics: list[Any]  # Keras metrics, without the loss
    logs_data_loss: bool
    weight_decay: float

    @property
    def penalties(self) -> list[tuple[float, float]]:
        """The factors of the sums of absolute and squared weights, of each regularized variable."""
        found = [self.trainable[position].regularizer for position in self.regularized]
        return [(float(getattr(one, "l1", 0)), float(getattr(one, "l2", 0))) for one in found]


def parts_of(model: keras.Model) -> Parts:
    """Return the parts of a compiled model that `reason_apart` does not refuse."""
    layers = layers_of(model)
    trainable = model.trainable_variables
    known = {id(variable) for variable in trainable}
    averages = [v for layer in layers if type(layer).__name__ == "BatchNormalization" for v in layer.weights]
    compiled: Any = model._compile_metrics
    weighted = [] if compiled is None else compiled._user_weighted_metrics or []
    metrics = [] if compiled is None else compiled._user_metrics or []
    return Parts(
        trainable,
        [variable for variable in averages if id(variable) not in known],
        [layer for layer in layers if type(layer).__name__ == "Dropout" and layer.rate > 0],
        [position for position, variable in enumerate(trainable) if variable.regularizer is not None],
        model.loss,
        list(metrics),
        any(metric.name == DATA_LOSS for metric in weighted),
        float(getattr(model.optimizer, "weight_decay", None) or 0.0),
    )


def layers_of(model: keras.Model) -> list[Any]:
    """Return the layers of a functional model and of the models in it, in the order of the graph."""
    import keras

    found: dict[int, Any] = {}
    for layer in model.layers:
        for one in layers_of(layer) if isinstance(layer, keras.Model) else [layer]:
            found.setdefault(id(one), one)
    return list(found.values())


def structure(model: keras.Model) -> Hashable:
    """Return what must be equal in models that are trained together: layers, shapes, loss, metrics and optimizer.

    Learning rates, weight decay, dropout rates above 0 and the factors of penalties may differ.
    """
    parts, optimizer = parts_of(model), model.optimizer
    options = {name: value for name, value in optimizer.get_config().items() if name not in _OWN}
    return (
        tuple(_layer_structure(layer) for layer in layers_of(model)),
        tuple(tuple(tensor.shape) for tensor in (*model.inputs, *model.outputs)),
        tuple(parts.regularized),
        _object(parts.loss),
        tuple(_object(metric) for metric in parts.metrics),
        parts.logs_data_loss,
        type(optimizer).__name__,
        optimizer.weight_decay is None,
        repr(sorted(options.items())),
    )


def _layer_structure(layer: Any) -> Hashable:
    config = {
        name: value
        for name, value in layer.get_config().items()
        if name not in ("name", "rate", "seed") and not name.endswith(("_regularizer", "_initializer"))
    }
    drops = type(layer).__name__ == "Dropout" and layer.rate > 0
    return type(layer).__name__, drops, repr(sorted(config.items())), tuple(tuple(v.shape) for v in layer.weights)


def _object(of_keras: Any) -> Hashable:
    return type(of_keras).__name__, of_keras.name, repr(sorted(of_keras.get_config().items(), key=str))


def reason_apart(model: keras.Model, plan: Plan, hooks: Sequence[Hooks] = ()) -> str | None:
    """Return why a compiled model cannot be trained together with others of its structure, in one line; else None.

    Args:
        plan: how it would be trained.
        hooks: those that would be called; of the model they may use `stop_training` and the learning rate.
    """
    checks = (_of_model, _of_layers, _of_objective, _of_optimizer)
    found = next((reason for check in checks if (reason := check(model))), None)
    return found or _of_plan(plan) or _of_hooks(hooks)


def _of_model(model: keras.Model) -> str | None:
    import keras

    if isinstance(model, stepped_class() | outputs_class() | members_class()):
        return "it has a training step of its own"
    if type(model) not in (keras.Model, keras.Sequential) and type(model).__name__ != "Functional":
        return f"it is a {type(model).__name__}, not a functional model"
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        return "it has several inputs or outputs"
    if getattr(model.inputs[0], "sparse", False):
        return "its rows are sparse"
    if len(model.outputs[0].shape) != 2:
        return "its prediction is not a row of numbers"
    if any(length is None for length in model.inputs[0].shape[1:]):
        return "its rows differ in length"
    return None


def _of_layers(model: keras.Model) -> str | None:
    for layer in layers_of(model):
        name = type(layer).__name__
        if name == "InputLayer":
            continue
        if name not in LAYERS or not type(layer).__module__.startswith("keras."):
            return f"layer {name}"
        if reason := _of_layer(layer, name):
            return f"layer {name} with {reason}"
    return None


def _of_layer(layer: Any, name: str) -> str | None:
    """Return which option of a layer is not supported."""
    found = [
        (layer.dtype_policy.name != "float32", "a type other than float32"),
        (any(v.constraint is not None for v in layer.weights), "a constraint"),
        (getattr(layer, "activity_regularizer", None) is not None, "an activity_regularizer"),
        (bool(layer.weights) and not layer.trainable, "frozen weights"),
        (any(_is_other_penalty(getattr(layer, name, None)) for name in _REGULARIZERS), "a regularizer of its own"),
        (not _is_keras(getattr(layer, "activation", None)), "an activation of its own"),
        (len(layer._inbound_nodes) > 1, "several uses"),
    ]
    if name == "Dropout":
        found.append((layer.noise_shape is not None, "noise_shape"))
    if name == "BatchNormalization":
        found.append((layer.renorm or layer.synchronized, "renorm or synchronized"))
        found.append((len(layer._inbound_nodes[0].input_tensors[0].shape) != 2, "inputs of several axes"))
    return next((text for is_so, text in found if is_so), None)


def _is_other_penalty(regularizer: Any) -> bool:
    return regularizer is not None and type(regularizer).__name__ not in _PENALTIES


def _is_keras(activation: Any) -> bool:
    return activation is None or getattr(activation, "__module__", "").startswith("keras.")


def _of_objective(model: keras.Model) -> str | None:
    import keras

    loss, parts = model.loss, parts_of(model)
    if not isinstance(loss, keras.losses.Loss) or not type(loss).__module__.startswith("keras."):
        return f"its loss {getattr(loss, 'name', loss)} is not one of Keras"
    if loss.reduction != "sum_over_batch_size":
        return f"its loss is reduced by {loss.reduction}"
    if not all(isinstance(metric, keras.metrics.Metric) for metric in parts.metrics):
        return "its metrics are not objects of Keras"
    return None


def _of_optimizer(model: keras.Model) -> str | None:
    optimizer: Any = model.optimizer
    name = type(optimizer).__name__
    if name not in _OPTIMIZERS or not type(optimizer).__module__.startswith("keras."):
        return f"optimizer {name}"
    if optimizer.use_ema:
        return "use_ema"
    return next((text for option, text in _REFUSED.items() if getattr(optimizer, option) is not None), None)


def _of_plan(plan: Plan) -> str | None:
    if plan.stages:
        return "training.phases"
    if plan.augmentation:
        return "augmentation"
    if plan.position is not None and plan.position.step:
        return "it resumes within an epoch"
    return "weights by output" if isinstance(plan.sample_weight, dict) else None


def _of_hooks(hooks: Sequence[Hooks]) -> str | None:
    import keras

    for hook in hooks:
        if isinstance(hook, keras.callbacks.Callback):
            return f"{type(hook).__name__} is a callback of Keras"
    return None


def dropout_numbers(parts: Parts) -> np.ndarray:
    """Return the rate of each dropout layer, and the factor of what it keeps: (layers, 2) float32."""
    rates = [layer.rate for layer in parts.dropout]
    return np.array([(rate, 1 / (1 - rate)) for rate in rates], np.float32).reshape(-1, 2)
