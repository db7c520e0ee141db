"""Which tokens each attention head of a network attends to, for one text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.explain.layer_graph import is_network, through
from dlpy.models._attention import block_class

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class AttentionMap:
    """The weights of a layer's self-attention: (heads, queries, keys), those of a query sum to 1."""

    layer: str
    weights: np.ndarray

    def of_positions(self, positions: np.ndarray, count: int) -> np.ndarray:
        """Return the weights between these positions of a row: (heads, queries, keys).

        Args:
            count: the length of the row; vectors that a layer put in front of it, such as a class token, stay in front.
        """
        added = self.weights.shape[-1] - count
        kept = np.concatenate([np.arange(added), positions + added])
        return self.weights[:, kept][:, :, kept]


def attention_maps(model: keras.Model, row: np.ndarray) -> list[AttentionMap]:
    """Return the weights of each layer of self-attention for a row of integers, (length,); none without such layers."""
    import tensorflow as tf
    from keras import layers

    found: list[AttentionMap] = []

    def call(layer: Any, *given: Any, **options: Any) -> Any:
        if is_network(layer):
            return through(layer, given[0], call)
        if isinstance(layer, layers.MultiHeadAttention):
            output, weights = layer(*given, **options, return_attention_scores=True)
            found.append(AttentionMap(layer.name, np.asarray(weights)[0]))
            return output
        if isinstance(layer, block_class()):
            found.append(AttentionMap(layer.name, np.asarray(layer.attention(given[0], _mask(given[0])))[0]))
        return layer(*given, **options)

    through(model, tf.constant(row[None].astype(np.int32)), call)
    return [one for one in found if one.weights.shape[-1] == one.weights.shape[-2]]


def _mask(tensor: Any) -> Any:
    from keras.src import backend

    return backend.get_keras_mask(tensor)
