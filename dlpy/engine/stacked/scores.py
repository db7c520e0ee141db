"""The scores of several members: sums over rows within the graph, and other metrics from all predictions at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlpy.components.objectives import DATA_LOSS
from dlpy.engine.stacked.structure import Parts


def is_mean(metric: Any) -> bool:
    """Return whether a Keras metric is the mean of a function of each row."""
    import keras

    return isinstance(metric, keras.metrics.MeanMetricWrapper) and type(metric).__module__.startswith("keras.")


def sums(parts: Parts, y: Any, prediction: Any, weight: Any, rows: Any) -> Any:
    """Return the sums over rows of the loss and of each metric that is a mean: (members, 1 + metrics) float32.

    Args:
        y, prediction: (steps, members, batch, units).
        weight: (steps, members, batch) float32, how much each row counts in the loss.
        rows: (steps, members, batch) float32, 0 for padding and otherwise 1.
    """
    import tensorflow as tf

    means = [metric for metric in parts.metrics if is_mean(metric)]
    summed = [tf.reduce_sum(losses(parts, y, prediction) * weight, axis=(0, 2))]
    for metric in means:
        values = by_row(lambda *pair, m=metric: m._fn(*pair, **m._fn_kwargs), y, prediction)
        summed.append(tf.reduce_sum(tf.cast(values, tf.float32) * rows, axis=(0, 2)))
    return tf.stack(summed, axis=1)


def losses(parts: Parts, y: Any, prediction: Any) -> Any:
    """Return the loss of each row: (..., batch), for arrays (..., batch, units)."""
    import tensorflow as tf

    return by_row(parts.loss.call, tf.cast(y, tf.float32), prediction)


def by_row(score: Any, y: Any, prediction: Any) -> Any:
    """Return what a function of targets and predictions (rows, units) gives each row: (..., batch)."""
    import tensorflow as tf

    lead = tf.shape(prediction)[:-1]
    y = tf.broadcast_to(y, tf.concat([lead, tf.shape(y)[-1:]], 0))
    flat = [tf.reshape(array, (-1, size)) for array, size in ((y, y.shape[-1]), (prediction, prediction.shape[-1]))]
    return tf.reshape(score(*flat), lead)


def named(parts: Parts, totals: np.ndarray, penalty: float, count: float, others: dict[str, float]) -> dict[str, float]:
    """Return a member's scores by name, the loss first.

    Args:
        totals: (1 + metrics that are means,), the sums over rows.
        penalty: the mean penalty, which is a part of the loss.
        count: the number of rows.
        others: the scores that are no means, and those that replace others.
    """
    means = [float(np.float32(total / count)) for total in totals]
    found = {"loss": float(np.float32(means[0] + penalty))}
    if parts.logs_data_loss:
        found[DATA_LOSS] = means[0]
    left = iter(means[1:])
    for metric in parts.metrics:
        found[metric.name] = next(left) if is_mean(metric) else others[metric.name]
    return found | {name: value for name, value in others.items() if name in found}


def other_scores(metrics: Sequence[Any], y: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    """Return what a member's Keras metrics that are no means say of all rows at once, by name."""
    found = {}
    for metric in metrics:
        if not is_mean(metric):
            metric.reset_state()
            metric.update_state(y, prediction)
            found[metric.name] = float(metric.result())
    return found
