"""The outputs of a model by name, and their predictions for whole rows, also from batches that were cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dlpy.engine.named_outputs import outputs_class
from dlpy.engine.step_targets import Steps, padded

if TYPE_CHECKING:
    import keras


def by_output(given: Any) -> Mapping[str, Any]:
    """Return what a model gives by the name of the output; that of the only one is empty."""
    return given if isinstance(given, Mapping) else {"": given}


def output_shapes(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Return the shape of each output's prediction for one row."""
    found, outputs = {}, _tensors(model)
    for name, tensor in by_output(outputs).items():
        steps, shape = _steps(model, name), tuple(tensor.shape[1:])
        found[name] = shape if steps is None else (steps.count, *shape[1:])
    return found


def zeros(model: keras.Model) -> Any:
    """Return predictions of no meaning for one row, as the model gives them."""
    import tensorflow as tf

    shapes, tensors = output_shapes(model), by_output(_tensors(model))
    found = {name: tf.zeros((1, *shape), tensors[name].dtype) for name, shape in shapes.items()}
    return found if isinstance(_tensors(model), Mapping) else found[""]


def whole(model: keras.Model, given: Any) -> Mapping[str, Any]:
    """Return predictions for a batch by output, with 0 at the steps that were cut from its rows."""
    return {name: padded(_steps(model, name), one) for name, one in by_output(given).items()}


@contextmanager
def seen_predictions(model: keras.Model) -> Iterator[list[Any]]:
    """Yield a list that receives the predictions of each batch whose metrics are computed in the block."""
    given: list[Any] = []
    compute = model.compute_metrics

    def seen(x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        given.append(y_pred)
        return compute(x, y, y_pred, sample_weight)

    model.compute_metrics = seen
    try:
        yield given
    finally:
        del model.compute_metrics


def _tensors(model: keras.Model) -> Any:
    """Return the symbolic outputs, by name where there are several."""
    outputs: Any = model.outputs  # a model with one output may have none by name
    return model.output if len(outputs) > 1 else outputs[0]


def _steps(model: keras.Model, name: str) -> Steps | None:
    """Return the steps of an output; None where it predicts for whole rows."""
    if not isinstance(model, outputs_class()):
        return None
    named: Any = model
    return named.steps.get(name or named.names[0])
