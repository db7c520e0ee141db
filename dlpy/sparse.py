"""A dense layer over sparse rows that costs what their non-zeros cost."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


@cache
def sparse_dense() -> type[keras.layers.Dense]:
    """Return a Dense layer class for sparse input.

    Keras' own Dense takes sparse rows too, but looks every non-zero up as an embedding: ten times slower, forward and
    backward, than the sparse product.
    """
    import tensorflow as tf
    from keras import layers

    class SparseDense(layers.Dense):
        """Dense over a tf.SparseTensor (batch, features)."""

        def call(self, inputs: Any, training: bool | None = None) -> Any:
            if not isinstance(inputs, tf.SparseTensor):  # while Keras works out shapes
                return super().call(inputs)
            x = tf.sparse.sparse_dense_matmul(inputs, self.kernel)
            if self.bias is not None:
                x = x + self.bias
            return x if self.activation is None else self.activation(x)

    return SparseDense
