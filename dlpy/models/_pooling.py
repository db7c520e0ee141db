"""Keras layers that reduce the vectors of a transformer to one, without the padding."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

Pool = Literal["mean", "max", "last", "token"]

_LOWEST = -1e9


def with_class_token(x: Any) -> Any:
    """Return x (batch, positions, size) with a learned vector in front: (batch, 1 + positions, size)."""
    return class_token_class()(name="class_token")(x)


def pooled(x: Any, kind: Pool) -> Any:
    """Return one vector (batch, size) for each row of x (batch, positions, size); 0 where all of a row is padding."""
    return pooling_class()(kind, name="pooling")(x)


@cache
def class_token_class() -> Any:
    """Return the class of the layer of `with_class_token`."""
    import keras
    from keras import layers

    ops: Any = keras.ops

    @keras.saving.register_keras_serializable("dlpy")
    class ClassToken(layers.Layer):
        """Puts a learned vector in front of the others; a mask marks it as no padding."""

        def build(self, input_shape: Any) -> None:
            self.vector = layers.Embedding(1, input_shape[-1], name=f"{self.name}_vector")
            self.vector.build((None, None))
            self.built = True

        def call(self, x: Any, mask: Any = None) -> Any:
            """Return the vectors with the learned one in front."""
            return ops.concatenate([self.vector(ops.zeros_like(x[:, :1, 0], dtype="int32")), x], axis=1)

        def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
            """Return the mask with a True in front."""
            if previous_mask is None:
                return None
            return ops.concatenate([ops.ones_like(previous_mask[:, :1]), previous_mask], axis=1)

    return ClassToken


@cache
def pooling_class() -> Any:
    """Return the class of the layer of `pooled`."""
    import keras
    from keras import layers

    @keras.saving.register_keras_serializable("dlpy")
    class Pooling(layers.Layer):
        """The mean or maximum of the vectors, the last one, or the first one."""

        def __init__(self, kind: Pool, **named: Any) -> None:
            named["dtype"] = "float32"  # sums and counts of positions need more than 16 bits
            super().__init__(**named)
            self.kind: Pool = kind

        def get_config(self) -> dict[str, Any]:
            """Return the arguments of the layer."""
            return {**super().get_config(), "kind": self.kind}

        def call(self, x: Any, mask: Any = None) -> Any:
            """Return one vector for each row."""
            if self.kind == "token":
                return x[:, 0]
            return _without_mask(x, self.kind) if mask is None else _with_mask(x, mask, self.kind)

        def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
            """Return no mask: a vector has no positions."""

    return Pooling


def _without_mask(x: Any, kind: Pool) -> Any:
    from keras import ops as keras_ops

    ops: Any = keras_ops
    return x[:, -1] if kind == "last" else (ops.max if kind == "max" else ops.mean)(x, axis=1)


def _with_mask(x: Any, mask: Any, kind: Pool) -> Any:
    from keras import ops as keras_ops

    ops: Any = keras_ops
    counts = ops.cast(mask, x.dtype)[..., None]  # (batch, positions, 1)
    total = ops.sum(counts, axis=1)
    if kind == "max":
        return ops.max(x + _LOWEST * (1 - counts), axis=1) * ops.minimum(total, 1)
    if kind == "last":
        counts = counts * ops.cast(ops.equal(ops.cumsum(counts, axis=1), total[:, None]), x.dtype)
        return ops.sum(x * counts, axis=1)
    return ops.sum(x * counts, axis=1) / ops.maximum(total, 1)
