"""Whether batches of rows that differ in length are cut to their longest row: only where no prediction changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.data.features import Padded
from dlpy.data.rows import Rows
from dlpy.data.stored_sequences import StoredPadded
from dlpy.engine.device_rows import Resident, batch, input_shapes
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
        self._cut: frozenset[str] | None = None

    def cut(self, rows: Rows) -> frozenset[str]:
        """Return the inputs of which batches of these rows are cut to their longest row."""
        if not self._masks_padding:
            return frozenset()
        if self._cut is None:
            asked = [name for name in rows.inputs if self._takes_any_length(rows, name)]
            self._cut = frozenset(name for name in asked if ignores_padding(self._model, rows, name))
            if len(self._cut) < len(asked):
                self._tell(
                    "rows are padded to full length, not to the longest row of their batch: the model claims to mask "
                    "padding, but its predictions for short rows depend on it"
                )
        return frozenset(name for name in self._cut if self._takes_any_length(rows, name))

    def of(self, rows: Rows) -> np.ndarray | None:
        """Return the rows' lengths where batches are cut: rows of about one length then share a batch; else None.

        Where several inputs are cut, the lengths are added.
        """
        cut = self.cut(rows)
        lengths = [x.lengths for name, x in rows.inputs.items() if name in cut and isinstance(x, Padded | StoredPadded)]
        return np.sum(lengths, axis=0) if len(lengths) > 1 else lengths[0] if lengths else None

    def _takes_any_length(self, rows: Rows, name: str) -> bool:
        shapes = input_shapes(self._model)
        shape = shapes[name] if len(rows.inputs) > 1 else next(iter(shapes.values()))
        return isinstance(rows.inputs[name], Padded | StoredPadded) and shape[0] is None


def ignores_padding(model: keras.Model, rows: Rows, name: str) -> bool:
    """Return whether a few short rows get the same predictions at their own length as padded to full length.

    These are the rows that are shortest by the named input, cut to half the full length where they are longer; other
    inputs stay as they are. The model predicts with training=False, and the states of its random generators stay as
    they are.
    """
    import tensorflow as tf

    x = rows.inputs[name]
    if not isinstance(x, Padded | StoredPadded) or len(x) == 0 or x.length < 2:
        return True
    some, whole, width = _short_rows(x)
    alone = whole[:, -width:] if x.front else whole[:, :width]
    others = _others(model, rows.take(some), name)
    predict = tf.function(
        lambda given: model({**others, name: given} if others else given, training=False),
        input_signature=[tf.TensorSpec((None, None), tf.int32)],
        autograph=False,
    )
    drawn = [(seed, seed.numpy()) for seed in seeds(model)]  # recurrent layers draw even without dropout
    try:
        given, wanted = (tf.nest.flatten(predict(tf.constant(numbers))) for numbers in (alone, whole))
    except (ValueError, tf.errors.OpError):  # it does not take rows this short
        return False
    finally:
        for seed, value in drawn:
            seed.assign(value)
    pairs = zip(given, wanted, strict=True)
    return all(_are_equal(one.numpy(), other.numpy(), alone, front=x.front) for one, other in pairs)


def _are_equal(short: np.ndarray, long: np.ndarray, tokens: np.ndarray, *, front: bool) -> bool:
    """Return whether predictions at two lengths are equal; those of steps only where there is a token.

    Args:
        short: (rows, units), or of steps (rows, width, units).
        long: the same at full length.
        tokens: (rows, width), 0 where there is none.
        front: whether the padding is in front.
    """
    if short.shape != long.shape:
        if short.shape[:2] != tokens.shape:
            return False
        width, known = short.shape[1], tokens > 0
        short, long = short[known], (long[:, -width:] if front else long[:, :width])[known]
    return np.allclose(short, long, _RELATIVE, _ABSOLUTE, equal_nan=True)


def _others(model: keras.Model, rows: Rows, name: str) -> dict[str, Any]:
    """Return the inputs of rows besides the named one, as the model takes them."""
    import tensorflow as tf

    if len(rows.inputs) == 1:
        return {}
    (x, *_) = batch(Resident(rows, len(rows)).in_order(), tf.constant(0), input_shapes(model))
    return {other: tensor for other, tensor in x.items() if other != name}


def _short_rows(rows: Padded | StoredPadded) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the positions of the shortest rows, these padded, (rows, length) int32, and their greatest length."""
    ascending = np.argsort(rows.lengths, kind="stable")
    shortest = ascending[rows.lengths[ascending] > 0][:_ROWS]
    some = np.unique(np.append(ascending[:1], shortest))
    short = rows.take(some)
    width = max(1, min(int(short.lengths.max()), rows.length // 2))
    whole = short.numbers()
    if rows.front:
        whole[:, :-width] = 0
    else:
        whole[:, width:] = 0
    return some, whole, width
