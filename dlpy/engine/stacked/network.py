"""The networks of several members as one: each layer computes for all members, with the weights of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dlpy.engine.stacked.philox import uniform

if TYPE_CHECKING:
    import keras

_LARGEST_SEED = 2**31 - 2  # Keras takes the rest of the division by it


@dataclass
class Pass:
    """A pass of rows through the layers: what differs by member, and what the layers change.

    Variables and layers are those of one model; the members' are alike. Axis 0 is that of the members.
    """

    weights: dict[int, Any]  # by the id of the variable: (members, *shape)
    training: bool = False
    rows: Any = None  # (members, batch) float32, 0 for padding; needed in training
    rates: dict[int, Any] = field(default_factory=dict)  # by the id of the layer: (members,) float32
    scales: dict[int, Any] = field(default_factory=dict)  # of what dropout keeps
    seeds: dict[int, Any] = field(default_factory=dict)  # (members, 2) int64, the states of the random generators
    moved: dict[int, Any] = field(default_factory=dict)  # the moving averages after the pass, by the variable's id

    def of(self, variable: Any) -> Any:
        """Return the values of a variable: (members, *shape)."""
        return self.weights[id(variable)]


def run(model: keras.Model, x: Any, given: Pass) -> Any:
    """Return the predictions of all members: (members, batch, units).

    Args:
        model: the functional model of one of them; its layers are those of `LAYERS`.
        x: (members or 1, batch, *shape).
    """
    import keras

    (prediction,) = keras.tree.flatten(model._run_through_graph([x], operation_fn=lambda layer: _applied(layer, given)))
    return prediction


def _applied(layer: Any, given: Pass) -> Callable[..., Any]:
    import keras

    if isinstance(layer, keras.Model):
        return lambda x, *_, **__: run(layer, x, given)
    return lambda x, *_, **__: LAYERS[type(layer).__name__](layer, x, given)


def _dense(layer: Any, x: Any, given: Pass) -> Any:
    import tensorflow as tf

    flat = x if len(x.shape) == 3 else tf.reshape(x, (x.shape[0], -1, x.shape[-1]))
    out = tf.matmul(flat, given.of(layer.kernel))
    if layer.use_bias:
        out = out + given.of(layer.bias)[:, None]
    if len(x.shape) > 3:
        out = tf.reshape(out, (out.shape[0], *_batch(x), layer.units))
    return out if layer.activation is None else layer.activation(out)


def _batch(x: Any) -> list[Any]:
    """Return the lengths of the axes between the members and the features; one of them may be unknown."""
    return [-1 if length is None else length for length in x.shape[1:-1]]


def _activation(layer: Any, x: Any, given: Pass) -> Any:
    return layer.activation(x)


def _flatten(layer: Any, x: Any, given: Pass) -> Any:
    import tensorflow as tf

    size = 1
    for length in x.shape[2:]:
        size *= length
    return tf.reshape(x, (x.shape[0], -1, size))


def _reshape(layer: Any, x: Any, given: Pass) -> Any:
    import tensorflow as tf

    return tf.reshape(x, (x.shape[0], -1, *layer.compute_output_shape((None, *x.shape[2:]))[1:]))


def _dropout(layer: Any, x: Any, given: Pass) -> Any:
    """Return what is left of x, with the random numbers that each member's own layer would draw."""
    import tensorflow as tf

    if not given.training:
        return x
    state = given.seeds[id(layer)]
    given.seeds[id(layer)] = state + tf.constant([0, 1], tf.int64)
    size = 1
    for length in x.shape[1:]:
        size *= length
    drawn = tf.reshape(uniform(tf.math.floormod(state, _LARGEST_SEED), size), x.shape)
    by_member = (-1, *[1] * (len(x.shape) - 1))
    is_kept = drawn >= tf.reshape(given.rates[id(layer)], by_member)
    return tf.where(is_kept, x * tf.reshape(given.scales[id(layer)], by_member), tf.zeros_like(x))


def _batch_normalization(layer: Any, x: Any, given: Pass) -> Any:
    """Return normalized rows (members, batch, features); padding does not count."""
    import tensorflow as tf

    mean, variance = given.of(layer.moving_mean)[:, None], given.of(layer.moving_variance)[:, None]
    if given.training:
        counted = given.rows[..., None]
        count = tf.maximum(tf.reduce_sum(counted, axis=1, keepdims=True), 1.0)
        averages = mean, variance
        mean = tf.reduce_sum(x * counted, axis=1, keepdims=True) / count
        variance = tf.reduce_sum(tf.square(x - mean) * counted, axis=1, keepdims=True) / count
        for variable, average, seen in zip(
            (layer.moving_mean, layer.moving_variance), averages, (mean, variance), strict=True
        ):
            given.moved[id(variable)] = (average * layer.momentum + seen * (1.0 - layer.momentum))[:, 0]
    factor = tf.math.rsqrt(variance + layer.epsilon)
    if layer.scale:
        factor = factor * given.of(layer.gamma)[:, None]
    offset = given.of(layer.beta)[:, None] if layer.center else 0.0
    return x * factor + (offset - mean * factor)


# by the name of Keras' class
LAYERS: dict[str, Callable[[Any, Any, Pass], Any]] = {
    "Dense": _dense,
    "Activation": _activation,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Dropout": _dropout,
    "BatchNormalization": _batch_normalization,
}
