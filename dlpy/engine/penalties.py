"""Penalties that Keras adds to the loss, and the loss without them.

`loss` is what training minimizes: it includes the penalties of regularizers, of activities and of `add_loss`. Where
there are any, `data_loss` is the mean of the loss alone, which can be compared between models and with a baseline.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from dlpy.components.objectives import DATA_LOSS

if TYPE_CHECKING:
    import keras


def has_penalty(model: keras.Model) -> bool:
    """Return whether Keras adds a penalty to the model's loss, now or when more of its layers are trained."""
    layers = model._flatten_layers()
    if any(weight.regularizer is not None for weight in model.weights):
        return True
    if any(layer.activity_regularizer is not None for layer in layers):
        return True
    own = [layer for layer in layers if not type(layer).__module__.startswith(("keras.", "dlpy.engine."))]
    return bool(own) and _adds_loss(model)


def _adds_loss(model: keras.Model) -> bool:
    """Return whether a layer calls `add_loss` in training; the model is traced, not run."""
    import tensorflow as tf

    def penalties(*inputs: Any) -> Any:
        variables = (model.trainable_variables, model.non_trainable_variables)
        given = {tensor.name: x for tensor, x in zip(model.inputs, inputs, strict=True)}
        rows = given if len(given) > 1 else inputs[0]
        *_, losses = model.stateless_call(*variables, rows, training=True, return_losses=True)  # type: ignore
        return losses

    kinds = [(tf.SparseTensorSpec if tensor.sparse else tf.TensorSpec, tensor) for tensor in model.inputs]
    specs = [kind(tensor.shape, tensor.dtype) for kind, tensor in kinds]
    return bool(tf.function(penalties, autograph=False).get_concrete_function(*specs).structured_outputs)


def data_loss(loss: keras.losses.Loss) -> keras.metrics.Metric:
    """Return a Keras metric of the loss without penalties: averaged over batches, and weighted, as `loss` is."""
    return _data_loss_class()(loss)


@cache
def _data_loss_class() -> Any:
    import keras

    class DataLoss(keras.metrics.Metric):
        """The mean of a loss over the rows."""

        def __init__(self, loss: keras.losses.Loss) -> None:
            super().__init__(name=DATA_LOSS)
            self._loss = loss
            # own names: checkpoints of earlier versions within an epoch have no such variables
            self._total: Any = self.add_variable((), "zeros", name=f"{DATA_LOSS}_total")
            self._rows: Any = self.add_variable((), "zeros", name=f"{DATA_LOSS}_rows")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            shape: Any = keras.ops.shape(y_pred)
            rows: Any = keras.ops.cast(shape[0], self.dtype)
            self._total.assign_add(self._loss(y_true, y_pred, sample_weight) * rows)
            self._rows.assign_add(rows)

        def result(self) -> Any:
            return keras.ops.divide_no_nan(self._total, self._rows)

    return DataLoss
