"""Multi-head attention that can rotate by position and read one position at a time.

Keras' MultiHeadAttention can do neither; without rotation both compute the same.
Sources: Vaswani et al. 2017, arXiv:1706.03762, section 3.2; rotation: Su et al. 2021, arXiv:2104.09864.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

_FORBIDDEN = -1e9  # added to scores: exp gives exactly 0
_SLOWEST = 10_000.0


@cache
def attention_class() -> Any:
    """Return the class of attention layers."""
    import keras
    from keras import layers

    ops: Any = keras.ops

    @keras.saving.register_keras_serializable("dlpy")
    class Attention(layers.Layer):
        """Attention of queries (batch, queries, size) to a memory (batch, keys, size).

        `allowed`, (batch or 1, 1, queries or 1, keys) bool, says which keys a query may read; None: all. `positions`,
        (batch or 1, positions), are those of queries and keys, which rotate them; None: 0, 1, ...
        """

        def __init__(self, size: int, heads: int, rotary: bool = False, **named: Any) -> None:
            super().__init__(**named)
            self.size, self.heads, self.rotary, self.supports_masking = size, heads, rotary, True
            self.query = _divided(size, heads, f"{self.name}_query")
            self.key = _divided(size, heads, f"{self.name}_key")
            self.value = _divided(size, heads, f"{self.name}_value")
            whole: Any = {"output_shape": (None, size), "bias_axes": "e", "kernel_initializer": _uniform(size)}
            self.joined = _passing(layers.EinsumDense("bthd,hde->bte", name=f"{self.name}_joined", **whole))

        def build(self, input_shape: Any, *others: Any) -> None:
            vectors = (None, None, self.size)
            self.query.build(vectors)
            self.key.build(vectors)
            self.value.build(vectors)
            self.joined.build((None, None, self.heads, self.size // self.heads))
            self.built = True

        def get_config(self) -> dict[str, Any]:
            """Return the arguments of the layer."""
            return {**super().get_config(), "size": self.size, "heads": self.heads, "rotary": self.rotary}

        def call(self, x: Any, memory: Any, allowed: Any = None, positions: Any = None) -> Any:
            """Return what each query reads: (batch, queries, size)."""
            return self.read(x, self.keys_and_values(memory, positions), allowed, positions)

        def read(self, x: Any, keys_and_values: Any, allowed: Any = None, positions: Any = None) -> Any:
            """Return what queries read of keys and values: (batch, queries, size)."""
            keys, values = keys_and_values
            weights = attention_weights(turned(self.query(x), positions, self.rotary), keys, allowed)
            return self.joined(ops.einsum("bhqk,bkhd->bqhd", weights, values))

        def weights_of(self, x: Any, memory: Any, allowed: Any = None, positions: Any = None) -> Any:
            """Return how much of each key a query reads: (batch, heads, queries, keys)."""
            keys, _ = self.keys_and_values(memory, positions)
            return attention_weights(turned(self.query(x), positions, self.rotary), keys, allowed)

        def keys_and_values(self, memory: Any, positions: Any = None) -> tuple[Any, Any]:
            """Return the keys and values of a memory: (batch, keys, heads, size / heads)."""
            return turned(self.key(memory), positions, self.rotary), self.value(memory)

        def start(self, batch: Any, length: int) -> tuple[Any, Any]:
            """Return keys and values of `length` positions, (batch, heads, length, size / heads), all 0."""
            shape = (batch, self.heads, length, self.size // self.heads)
            return ops.zeros(shape), ops.zeros(shape)

        def step(self, x: Any, cache: Any, position: Any) -> tuple[Any, Any]:
            """Return what x (batch, 1, size) at a position reads of it and those before, and the new cache."""
            where = ops.reshape(position, (1, 1))
            new = self.keys_and_values(x, where)
            keys, values = [_put(kept, vectors, position) for kept, vectors in zip(cache, new, strict=True)]
            queries = turned(self.query(x), where, self.rotary)
            return self.joined(_read_one(queries, keys, values, position)), (keys, values)

    return Attention


def _divided(size: int, heads: int, name: str) -> Any:
    """Return a dense layer from (batch, positions, size) to (batch, positions, heads, size / heads)."""
    from keras import layers

    options: Any = {"output_shape": (None, heads, size // heads), "bias_axes": "hd"}
    return _passing(layers.EinsumDense("bte,ehd->bthd", kernel_initializer=_uniform(size), name=name, **options))


def _passing(layer: Any) -> Any:
    """Return a layer that passes a mask on, where Keras would warn that it does not."""
    layer.supports_masking = True
    return layer


def _uniform(size: int) -> Any:
    """Return Glorot's initializer of a matrix (size, size), with a seed of its own."""
    from keras import initializers

    limit = (3 / size) ** 0.5
    return initializers.RandomUniform(-limit, limit)


def attention_weights(queries: Any, keys: Any, allowed: Any) -> Any:
    """Return softmax(queries keys / sqrt(size)), computed in float32: (batch, heads, queries, keys)."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    scores = ops.einsum("bqhd,bkhd->bhqk", queries * queries.shape[-1] ** -0.5, keys)
    scores = ops.cast(scores, "float32")  # _FORBIDDEN is infinite in float16
    if allowed is not None:
        scores = scores + _FORBIDDEN * (1.0 - ops.cast(allowed, scores.dtype))
    return ops.cast(ops.softmax(scores, axis=-1), queries.dtype)


def _put(kept: Any, vectors: Any, position: Any) -> Any:
    """Return what is kept of all positions, (batch, heads, length, size), with the vectors of one."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    _, heads, length, size = kept.shape
    count = ops.shape(vectors)[0] * heads
    rows = ops.arange(count) * length + position
    vectors = ops.cast(ops.reshape(vectors, (-1, size)), kept.dtype)
    changed = ops.scatter_update(ops.reshape(kept, (-1, size)), ops.reshape(rows, (-1, 1)), vectors)
    return ops.reshape(changed, (-1, heads, length, size))


def _read_one(queries: Any, keys: Any, values: Any, position: Any) -> Any:
    """Return what the query of each head reads of the keys up to a position: (batch, 1, heads, size).

    Args:
        queries: (batch, 1, heads, size).
        keys, values: (batch, heads, length, size).
    """
    from keras import ops as keras_ops

    ops: Any = keras_ops
    _, heads, length, size = keys.shape
    queries = ops.cast(ops.reshape(queries * size**-0.5, (-1, heads, 1, size)), keys.dtype)
    later = ops.cast(ops.arange(length) > position, queries.dtype)
    weights = ops.softmax(ops.matmul(queries, ops.swapaxes(keys, 2, 3)) + _FORBIDDEN * later)
    return ops.reshape(ops.matmul(weights, values), (-1, 1, heads, size))


def turned(x: Any, positions: Any, rotary: bool) -> Any:
    """Return x, rotated by position where attention is rotary."""
    return rotated(x, positions) if rotary else x


def rotated(x: Any, positions: Any = None) -> Any:
    """Return x (batch, positions, heads, size) with pairs of its numbers rotated by angles that grow by position.

    The product of two rotated vectors depends on the difference of their positions alone.

    Args:
        positions: (batch or 1, positions); None: 0, 1, ...
    """
    from keras import ops as keras_ops

    ops: Any = keras_ops
    half = x.shape[-1] // 2
    where = counted(x[:, :, 0, 0]) if positions is None else positions
    angles = ops.cast(where, x.dtype)[..., None, None] * frequencies(half)
    cosine, sine, first, second = ops.cos(angles), ops.sin(angles), x[..., :half], x[..., half:]
    return ops.concatenate([first * cosine - second * sine, second * cosine + first * sine], axis=-1)


def frequencies(count: int) -> np.ndarray:
    """Return angles per position, from 1 down to nearly 1/10,000: (count,) float32."""
    return (_SLOWEST ** (-np.arange(count) / count)).astype(np.float32)


def counted(x: Any) -> Any:
    """Return the positions 0, 1, ... of x (batch, positions): (1, positions)."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    return ops.cumsum(ops.ones_like(x[:1, :], dtype="int32"), axis=1) - 1


def counted_where(mask: Any) -> Any:
    """Return positions counted from the first that is not padding, and 0 before it: (batch, positions)."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    return ops.maximum(ops.cumsum(ops.cast(mask, "int32"), axis=1) - 1, 0)


def up_to_itself(x: Any) -> Any:
    """Return which positions of x (batch, positions, size) each may attend to: (1, 1, positions, positions) bool."""
    where = counted(x[:, :, 0])
    return (where[:, :, None] >= where[:, None, :])[:, None]
