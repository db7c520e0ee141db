"""Variables that hold the order of an epoch's rows, so that one pipeline serves all epochs."""

from __future__ import annotations

from typing import Any

from dlpy.engine.device_rows import Moved


def as_variables(moved: Moved) -> Moved:
    """Return the same with a variable in place of each tensor, for any number of rows; `assign` fills them."""
    import tensorflow as tf

    def variable(leaf: Any) -> Any:
        if not isinstance(leaf, tf.Tensor):
            return leaf
        shape = [None, *leaf.shape[1:]] if leaf.shape.rank else []
        return tf.Variable(leaf, shape=tf.TensorShape(shape), trainable=False)

    return tf.nest.map_structure(variable, moved)


def assign(variables: Moved, moved: Moved) -> None:
    """Give variables of `as_variables` the tensors of another epoch."""
    import tensorflow as tf

    for variable, tensor in zip(tf.nest.flatten(variables), tf.nest.flatten(moved), strict=True):
        if isinstance(variable, tf.Variable):
            variable.assign(tensor)
