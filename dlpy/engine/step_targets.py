"""Outputs that predict something at each step of a row: batches with each step as a row.

Batches that are cut to their longest row have fewer steps than the targets; what is cut away is padding, which has no
target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Steps:
    """The steps of an output: how many a row has, and whether short rows are padded in front."""

    count: int
    front: bool = False


def as_rows(steps: Steps, target: Any, prediction: Any, weight: Any = None) -> tuple[Any, Any, Any]:
    """Return targets, predictions and weights of a batch with each step as a row: (batch * steps, units), (...,).

    Args:
        steps: of the output.
        target: (batch, steps) or (batch, steps, units); cut to the steps of the prediction where that has fewer.
        prediction: (batch, steps, units).
        weight: (batch,) or (batch, steps); None.
    """
    from keras import ops as keras_ops

    ops: Any = keras_ops
    batch, length = ops.shape(prediction)[0], ops.shape(prediction)[1]
    cut = _cut(steps, target, length)
    flat = ops.reshape(cut, (-1, target.shape[2] if len(target.shape) > 2 else 1))
    if weight is not None and len(weight.shape) > 1:
        weight = ops.reshape(_cut(steps, weight, length), (-1,))
    elif weight is not None:
        weight = ops.reshape(ops.broadcast_to(weight[:, None], (batch, length)), (-1,))
    return flat, ops.reshape(prediction, (-1, prediction.shape[-1])), weight


def padded(steps: Steps | None, prediction: Any) -> Any:
    """Return the prediction of a batch, (batch, steps, units), with 0 at the steps that were cut from its rows."""
    import tensorflow as tf

    if steps is None or prediction.shape[1] == steps.count:
        return prediction
    missing = steps.count - tf.shape(prediction)[1]
    around = [missing, 0] if steps.front else [0, missing]
    filled = tf.pad(prediction, [[0, 0], around, [0, 0]])
    return tf.ensure_shape(filled, (prediction.shape[0], steps.count, prediction.shape[-1]))


def _cut(steps: Steps, array: Any, length: Any) -> Any:
    return array[:, steps.count - length :] if steps.front else array[:, :length]
