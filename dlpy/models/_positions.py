"""Keras layers that tell a transformer where things are."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from dlpy.models._multi_head import counted, counted_where, frequencies

Kind = Literal["learned", "sinusoidal"]


def positions(kind: Kind, length: int | None = None) -> Any:
    """Return a layer that adds a vector for its position to each vector of x (batch, positions, size).

    Where there is a mask, positions count from the first one that is not padding.

    Args:
        kind: of the vectors.
        length: the number of positions, needed where their vectors are learned.
    """
    return positions_class()(kind, length)


@cache
def positions_class() -> Any:
    """Return the class of the layers that `positions` returns."""
    import keras
    from keras import layers

    ops: Any = keras.ops

    @keras.saving.register_keras_serializable("dlpy")
    class Positions(layers.Layer):
        """Adds learned vectors, or sines and cosines of frequencies from 1 to 1/10,000 (arXiv:1706.03762)."""

        def __init__(self, kind: Kind, length: int | None = None, **named: Any) -> None:
            super().__init__(**named)
            self.kind, self.length, self.supports_masking = kind, length, True
            self.vectors: Any = None

        def build(self, input_shape: Any) -> None:
            if self.kind == "learned":
                self.vectors = layers.Embedding(self.length, input_shape[-1], name=f"{self.name}_vectors")
                self.vectors.build((None, None))
            self.built = True

        def get_config(self) -> dict[str, Any]:
            """Return the arguments of the layer."""
            return {**super().get_config(), "kind": self.kind, "length": self.length}

        def call(self, x: Any, mask: Any = None) -> Any:
            """Return x (batch, positions, size) plus the vectors of the positions."""
            where = counted(x[:, :, 0]) if mask is None else counted_where(mask)
            return self._at(x, where)

        def start(self, batch: Any, length: int) -> tuple[()]:
            """Return the empty cache."""
            return ()

        def step(self, x: Any, cache: Any, position: Any) -> tuple[Any, Any]:
            """Return x (batch, size) plus the vector of a position, and the cache."""
            return self._at(x[:, None], ops.reshape(position, (1, 1)))[:, 0], cache

        def _at(self, x: Any, where: Any) -> Any:
            if self.vectors is not None:
                return x + self.vectors(where)
            size = x.shape[-1]
            angles = ops.cast(where, x.dtype)[..., None] * frequencies(-(-size // 2))
            return x + ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)[..., :size]

    return Positions
