"""How many rows are scored or predicted at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlpy.data.features import Padded, row_bytes
from dlpy.data.rows import Rows

if TYPE_CHECKING:
    import keras

_HELD_OUT_BYTES = 4_000_000  # of rows: more would not stay in the cache
_MOST_HELD_OUT = 512
_ATTENTION_BYTES = 128_000_000  # of the weights of attention in one head
_ATTENTION = {"Attention", "AdditiveAttention", "MultiHeadAttention", "GroupedQueryAttention"}


def rows_at_a_time(model: keras.Model, rows: Rows, batch_size: int) -> int:
    """Return a number of rows: more than in training where they are small.

    It depends on the model and the size of the rows alone, so that scores repeat. Attention has a weight for each pair
    of tokens: for 512 rows of 500 tokens, these would take a gigabyte for two heads.
    """
    size = min(_MOST_HELD_OUT, _HELD_OUT_BYTES // bytes_of_row(rows))
    longest = max([x.length for x in rows.inputs.values() if isinstance(x, Padded)], default=0)
    if longest and any(type(layer).__name__ in _ATTENTION for layer in model._flatten_layers()):
        size = min(size, _ATTENTION_BYTES // (4 * longest**2))
    return max(batch_size, size)


def bytes_of_row(rows: Rows) -> int:
    """Return the size in bytes of a row with all its inputs, as float32."""
    return sum(map(row_bytes, rows.inputs.values()))
