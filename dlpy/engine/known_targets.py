"""Targets of which some are missing: which are known, and metrics of these alone.

A missing target is NaN, or a negative class. Metrics that are means count it with a weight of 0, which XLA compiles and
which is faster; for others, its row is cut out of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def is_known(target: Any) -> Any:
    """Return for each row whether its target is not missing: (rows,) bool."""
    from keras import ops

    return ops.all(_is_known_cell(target), axis=tuple(range(1, len(target.shape))))


def filled(target: Any) -> Any:
    """Return targets with 0 in place of those that are missing."""
    from keras import ops

    return ops.where(_is_known_cell(target), target, ops.zeros_like(target))


def without_gaps(y: Any) -> Any:
    """Return targets, by output where there are several, with 0 in place of those that are missing."""
    import tensorflow as tf

    return tf.nest.map_structure(filled, y)


def takes_weights(metric: keras.metrics.Metric) -> bool:
    """Return whether a metric is a mean over rows, which counts a row of weight 0 not at all."""
    import keras

    return isinstance(metric, keras.metrics.MeanMetricWrapper)


def update_known(metrics: Sequence[keras.metrics.Metric], target: Any, prediction: Any) -> None:
    """Update metrics with the rows of a batch whose target is not missing."""
    import tensorflow as tf

    known = is_known(target)
    for metric in filter(takes_weights, metrics):
        metric.update_state(filled(target), prediction, known)
    others = [metric for metric in metrics if not takes_weights(metric)]
    if others:
        rows = tf.boolean_mask(target, known), tf.boolean_mask(prediction, known)
        tf.cond(tf.size(rows[0]) > 0, partial(update, others, *rows), lambda: tf.constant(0))  # some fail without rows


def update(metrics: Sequence[keras.metrics.Metric], target: Any, prediction: Any) -> Any:
    """Update metrics with a batch, and return a tensor, as a branch of a graph must."""
    import tensorflow as tf

    for metric in metrics:
        metric.update_state(target, prediction)
    return tf.constant(0)


def _is_known_cell(target: Any) -> Any:
    from keras import ops

    return ops.logical_not(ops.isnan(target)) if "float" in str(target.dtype) else target >= 0
