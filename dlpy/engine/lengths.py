"""Whether rows of different lengths may be fed without what fills them up: only where that changes no prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlpy.data.features import Padded
from dlpy.engine.model_state import seeds

if TYPE_CHECKING:
    import keras

_ROWS = 4
# Recurrent layers give the same bits; sums over more places are rounded otherwise. An average over padding differed by
# 1e-2 even with freshly drawn weights.
_RELATIVE, _ABSOLUTE = 1e-4, 1e-5


def ignores_padding(model: keras.Model, rows: Padded) -> bool:
    """Return whether a few short rows get the same predictions at their own length as filled up to the full one.

    They are the shortest rows, cut to half the full length where even these are longer. The model predicts as outside
    training, and the states of its random generators stay as they are.
    """
    import tensorflow as tf

    if len(rows) == 0 or rows.length < 2:
        return True
    whole, width = _short_rows(rows)
    alone = whole[:, -width:] if rows.front else whole[:, :width]
    any_length = [tf.TensorSpec((None, None), tf.int32)]
    predict = tf.function(lambda x: model(x, training=False), input_signature=any_length, autograph=False)
    drawn = [(seed, seed.numpy()) for seed in seeds(model)]  # recurrent layers draw even here
    try:
        given, wanted = (predict(tf.constant(x)).numpy() for x in (alone, whole))
    except (ValueError, tf.errors.OpError):  # it takes no rows as short as these
        return False
    finally:
        for seed, value in drawn:
            seed.assign(value)
    return np.allclose(given, wanted, _RELATIVE, _ABSOLUTE, equal_nan=True)


def _short_rows(rows: Padded) -> tuple[np.ndarray, int]:
    """Return the shortest rows filled up, (rows, length) int32, and how long the longest of them is without that."""
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
