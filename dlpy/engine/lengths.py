"""Whether batches of rows that differ in length are cut to their longest row: only where no prediction changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dlpy.data.features import Padded
from dlpy.data.rows import Rows
from dlpy.engine.model_state import seeds

if TYPE_CHECKING:
    import keras

_ROWS = 4
# Recurrent layers give the same bits; sums over more positions are rounded differently. An average over padding
# differed by 1e-2 even with freshly drawn weights.
_RELATIVE, _ABSOLUTE = 1e-4, 1e-5


class Lengths:
    """Decides whether a model's batches are cut to their longest row; the first rows asked for decide it for all.

    Args of an instance:
        masks_padding: what the family says of itself, see Model.masks_padding; it is checked before it is relied on.
        tell: shows a line to the user.
    """

    def __init__(self, model: keras.Model, *, masks_padding: bool, tell: Callable[[str], None]) -> None:
        self._model, self._tell = model, tell
        self._masks_padding = masks_padding
        self._cut: bool | None = None

    def are_cut(self, rows: Rows) -> bool:
        """Return whether batches of these rows are cut to their longest row."""
        if not (self._masks_padding and isinstance(rows.x, Padded) and self._model.inputs[0].shape[1] is None):
            return False
        if self._cut is None:
            self._cut = ignores_padding(self._model, rows.x)
            if not self._cut:
                self._tell(
                    "rows are padded to full length, not to the longest row of their batch: the model claims to mask "
                    "padding, but its predictions for short rows depend on it"
                )
        return self._cut

    def of(self, rows: Rows) -> np.ndarray | None:
        """Return the rows' lengths where batches are cut: rows of about one length then share a batch; else None."""
        return rows.x.lengths if isinstance(rows.x, Padded) and self.are_cut(rows) else None


def ignores_padding(model: keras.Model, rows: Padded) -> bool:
    """Return whether a few short rows get the same predictions at their own length as padded to full length.

    These are the shortest rows, cut to half the full length where they are longer. The model predicts with
    training=False, and the states of its random generators stay as they are.
    """
    import tensorflow as tf

    if len(rows) == 0 or rows.length < 2:
        return True
    whole, width = _short_rows(rows)
    alone = whole[:, -width:] if rows.front else whole[:, :width]
    any_length = [tf.TensorSpec((None, None), tf.int32)]
    predict = tf.function(lambda x: model(x, training=False), input_signature=any_length, autograph=False)
    drawn = [(seed, seed.numpy()) for seed in seeds(model)]  # recurrent layers draw even without dropout
    try:
        given, wanted = (predict(tf.constant(x)).numpy() for x in (alone, whole))
    except (ValueError, tf.errors.OpError):  # it does not take rows this short
        return False
    finally:
        for seed, value in drawn:
            seed.assign(value)
    return np.allclose(given, wanted, _RELATIVE, _ABSOLUTE, equal_nan=True)


def _short_rows(rows: Padded) -> tuple[np.ndarray, int]:
    """Return the shortest rows padded, (rows, length) int32, and the length of the longest of them."""
    ascending = np.argsort(rows.lengths, kind="stable")
    some = ascending[rows.lengths[ascending] > 0][:_ROWS]
    short = rows.take(np.unique(np.append(ascending[:1], some)))
    width = max(1, min(int(short.lengths.max()), rows.length // 2))
    whole = short.numbers()
    if rows.front:
        whole[:, :-width] = 0
    else:
        whole[:, width:] = 0
    return whole, width
