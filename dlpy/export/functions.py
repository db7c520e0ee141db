"""Networks as functions of TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def function_of(network: keras.Model, rows: int | None) -> tuple[Any, list[Any]]:
    """Return the network as a function of TensorFlow with named arguments, and their types.

    Args:
        network: takes and returns dicts.
        rows: that it takes at a time; None: any number.
    """
    import tensorflow as tf

    inputs = {tensor.name: tensor for tensor in network.inputs}
    specs = {name: tf.TensorSpec((rows, *x.shape[1:]), x.dtype, name=name) for name, x in inputs.items()}

    def answers(**given: Any) -> Any:
        return network(given, training=False)

    function: Any = tf.function(answers, autograph=False)
    return function.get_concrete_function(**specs), list(specs.values())
