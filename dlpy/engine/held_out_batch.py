"""How many rows are scored or predicted at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from dlpy.data.features import Padded, row_bytes
from dlpy.data.rows import Rows
from dlpy.data.stored_sequences import StoredPadded

if TYPE_CHECKING:
    import keras

_BYTES = 4_000_000  # of rows: more would not stay in the cache
_ATTENTION_BYTES = 64_000_000  # of the weights of one layer; softmax needs about three times as much
_MOST = 512
_HEADS = {"MultiHeadAttention": "num_heads", "GroupedQueryAttention": "num_query_heads"}  # layers of Keras
_SINGLE_HEAD = ("Attention", "AdditiveAttention")


@runtime_checkable
class Attends(Protocol):
    """A layer that holds a weight for each pair of positions of a row, such as a block of a transformer."""

    attention_heads: int  # the number of weights for each pair
    output: Any  # (batch, positions, size); of patches of an image, (batch, height, width, size)


def held_out_batch(model: keras.Model, rows: Rows, batch_size: int) -> int:
    """Return the number of rows to score at a time: more than in training where they are small.

    It depends on the size of the rows and on the layers alone, so that scores repeat.
    """
    most = min(_MOST, _BYTES // bytes_of_row(rows))
    weights = max((_attention_bytes(layer, rows) for layer in model._flatten_layers()), default=0)
    return max(batch_size, min(most, _ATTENTION_BYTES // weights) if weights else most)


def without_single(model: keras.Model, rows: Rows, batch_size: int) -> Rows:
    """Return rows that leave no batch of one, the last row twice if need be.

    The product of a matrix and a single row is rounded otherwise: a row would not be predicted alone as it is among
    others.
    """
    alone = len(rows) % held_out_batch(model, rows, batch_size) == 1
    return rows.take(np.append(np.arange(len(rows)), len(rows) - 1)) if alone else rows


def in_own_order(order: np.ndarray, given: list[np.ndarray]) -> np.ndarray:
    """Return predictions, given batch by batch in an order of the rows, in the order of the rows themselves."""
    joined = np.concatenate(given)
    prediction = np.empty_like(joined)
    prediction[order] = joined
    return prediction


def bytes_of_row(rows: Rows) -> int:
    """Return the size of the inputs of a row."""
    return sum(map(row_bytes, rows.inputs.values()))


def _attention_bytes(layer: Any, rows: Rows) -> int:
    """Return the size of a layer's attention weights for a row; 0 if it has none."""
    kind = type(layer).__name__
    if kind in (*_HEADS, *_SINGLE_HEAD):
        heads = getattr(layer, _HEADS[kind]) if kind in _HEADS else 1
        return max((4 * heads * _pairs(node.input_tensors, rows) for node in layer._inbound_nodes), default=0)
    if not isinstance(layer, Attends):
        return 0
    positions = math.prod(side or _longest(rows) for side in layer.output.shape[1:-1])
    return 4 * layer.attention_heads * positions**2


def _pairs(inside: list[Any], rows: Rows) -> int:
    """Return how many pairs of positions an attention layer of Keras compares: of its queries, and of its values."""
    queries, values = (math.prod(side or _longest(rows) for side in tensor.shape[1:-1]) for tensor in inside[:2])
    return queries * values


def _longest(rows: Rows) -> int:
    """Return the length of the longest row, where a network takes rows of any length."""
    padded = [features for features in rows.inputs.values() if isinstance(features, Padded | StoredPadded)]
    return max((int(features.lengths.max(initial=1)) for features in padded), default=1)
