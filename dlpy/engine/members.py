"""Models of several members: each is trained by its own loss, and together they predict the mean of their predictions.

Training the mean itself would be another thing: the members could then make up for each other's errors, instead of
each learning to predict alone (Gorishniy, Kotelnikov & Babenko 2024, arXiv:2410.24210, section 3).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

FROM_ROWS, FROM_MEMBERS, EACH = "bd,kd->bkd", "bkd,kd->bkd", "bd,d->bd"


def mean_of_members(inputs: Any, members: Any) -> keras.Model:
    """Return a model that predicts the mean of its members, and whose training loss is the mean of their losses.

    Args:
        inputs: the symbolic input.
        members: the predictions of the members from it: (batch, members, units).
    """
    return members_class()(inputs, members)


@cache
def members_class() -> Any:
    """Return the class of models with members."""
    import keras
    from keras import layers

    class Members(keras.Model):
        """A functional model that gives (batch, units), and in training the predictions of all members."""

        def __init__(self, inputs: Any, members: Any) -> None:
            super().__init__(inputs, layers.GlobalAveragePooling1D(dtype="float32", name="mean")(members))
            network = keras.Model(inputs, members)
            self._of_members = lambda x: network(x, training=True)  # a function: Keras would count its layers twice

        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
            """Return predictions: (batch, units), or in training (batch, members, units)."""
            return self._of_members(inputs) if training else super().call(inputs, training=False)

        def compute_loss(
            self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
        ) -> Any:
            """Return the mean of the members' losses on a batch, and the penalties; of one prediction, its loss."""
            if y_pred is None or len(y_pred.shape) == len(self.output_shape):
                return super().compute_loss(x, y, y_pred, sample_weight, training)
            rows, weights = _for_each(y, y_pred), None if sample_weight is None else _for_each(sample_weight, y_pred)
            flat = keras.ops.reshape(y_pred, (-1, y_pred.shape[-1]))
            return super().compute_loss(x, rows, flat, weights, training)

        def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            """Update the metrics with the mean of the members' predictions, and return all scores."""
            if len(y_pred.shape) > len(self.output_shape):
                y_pred = keras.ops.mean(y_pred, axis=1)
            return super().compute_metrics(x, y, y_pred, sample_weight)

    return Members


def _for_each(values: Any, members: Any) -> Any:
    """Return values of rows, (batch, ...), repeated for each member: (batch * members, ...)."""
    from keras import ops

    return ops.repeat(values, members.shape[1], axis=0)


@cache
def scale_class() -> type[keras.layers.EinsumDense]:
    """Return the class of layers that multiply each number by a weight of its own, for each member if there are some.

    Keras' EinsumDense does the same as thousands of matrix products of one number each.
    """
    import keras
    from keras import layers

    class Scale(layers.EinsumDense):
        """EinsumDense for the equations above."""

        def call(self, inputs: Any, training: bool | None = None) -> Any:
            x = keras.ops.expand_dims(inputs, 1) if self.equation == FROM_ROWS else inputs
            kernel: Any = self.kernel
            x = x * kernel
            if self.bias is not None:
                x = x + self.bias
            return x if self.activation is None else self.activation(x)

    return Scale


def with_plain_layers(model: keras.Model) -> keras.Model:
    """Return a functional model with Keras' own EinsumDense, which loads without dlpy, in place of faster layers."""
    import keras

    fast = scale_class()
    if not any(isinstance(layer, fast) for layer in model.layers):
        return model

    def plain(layer: keras.layers.Layer) -> keras.layers.Layer:
        if not isinstance(layer, fast):
            return layer
        options = {"bias_axes": layer.bias_axes, "activation": layer.activation, "name": layer.name}
        return keras.layers.EinsumDense(layer.equation, layer.partial_output_shape, **options)

    copied = keras.models.clone_model(model, clone_function=plain)
    copied.set_weights(model.get_weights())
    return copied
