"""The update rules of RMSprop and Adam as TensorFlow's fused operations.

Keras writes an update as ten operations, each a pass over the weights: for a large first layer they cost as much as the
gradients. The fused operations do the same in one or two passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def fuse(optimizer: keras.optimizers.Optimizer) -> None:
    """Make a Keras optimizer update its weights in a fused operation, where TensorFlow has one for its rule."""
    import keras

    if type(optimizer) is keras.optimizers.RMSprop and not optimizer.momentum and not optimizer.centered:
        optimizer.update_step = _rule(optimizer, _RMSprop(optimizer))  # type: ignore
    elif type(optimizer) is keras.optimizers.Adam and not optimizer.amsgrad:
        optimizer.update_step = _rule(optimizer, _adam(optimizer))  # type: ignore


def _rule(optimizer: Any, fused: Any) -> Any:
    import tensorflow as tf

    spelled_out = optimizer.update_step

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        if variable.dtype != "float32" or isinstance(gradient, tf.IndexedSlices):
            spelled_out(gradient, variable, learning_rate)
        else:
            fused(tf.cast(gradient, tf.float32), variable, tf.cast(learning_rate, tf.float32))

    return update_step


class _RMSprop:
    """RMSprop; the operation stores the last step for a momentum, which is 0 here, so nothing reads it."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._steps: dict[int, Any] = {}

    def __call__(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        import tensorflow as tf

        number, weights = self._optimizer._get_variable_index(variable), _raw(variable)
        if number not in self._steps:
            with tf.init_scope():  # by tf.Variable, a graph would own it, which tf.function traces a second time
                self._steps[number] = type(weights)(tf.zeros(variable.shape), trainable=False)
        tf.raw_ops.ResourceApplyRMSProp(
            var=weights.handle,
            ms=_raw(self._optimizer._velocities[number]).handle,
            mom=self._steps[number].handle,
            lr=learning_rate,
            rho=self._optimizer.rho,
            momentum=0.0,
            epsilon=self._optimizer.epsilon,
            grad=gradient,
        )


def _adam(optimizer: Any) -> Any:
    def update(gradient: Any, variable: Any, learning_rate: Any) -> None:
        import tensorflow as tf

        number, step = optimizer._get_variable_index(variable), tf.cast(optimizer.iterations + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=_raw(variable).handle,
            m=_raw(optimizer._momentums[number]).handle,
            v=_raw(optimizer._velocities[number]).handle,
            beta1_power=tf.pow(optimizer.beta_1, step),
            beta2_power=tf.pow(optimizer.beta_2, step),
            lr=learning_rate,
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )

    return update


def _raw(variable: Any) -> Any:
    """Return the TensorFlow variable behind a Keras variable."""
    import keras

    return variable.value if isinstance(variable, keras.Variable) else variable
