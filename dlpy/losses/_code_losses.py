"""Losses of codes in TensorFlow: each returns (batch,), whose mean is the loss of the batch."""

from __future__ import annotations

from typing import Any


def in_batch_losses(partners: Any, codes: Any, temperature: float) -> Any:
    """Return the mean cross-entropy of finding the right code by the left one and the left one by the right one.

    Args:
        partners: (batch, 1), 1 where both sides belong together; other rows are only wrong answers for these.
        codes: (batch, 2 * size), of length 1 on each side.
    """
    import tensorflow as tf

    left, right = tf.split(codes, 2, axis=1)
    counted = tf.cast(tf.reshape(partners, (-1,)), codes.dtype)
    logits = tf.matmul(left, right, transpose_b=True) / temperature
    own = tf.linalg.diag_part(logits)
    losses = (tf.reduce_logsumexp(logits, axis=1) + tf.reduce_logsumexp(logits, axis=0)) / 2 - own
    return _of_counted(losses * counted, tf.reduce_sum(counted))


def triplet_losses(classes: Any, codes: Any, margin: float) -> Any:
    """Return the hinge losses of semi-hard triplets, by anchor.

    Args:
        classes: (batch, 1) class numbers.
        codes: (batch, size), of length 1.
    """
    import tensorflow as tf

    labels = tf.reshape(classes, (-1,))
    same: Any = tf.equal(labels[:, None], labels[None, :])
    distance = tf.maximum(2 - 2 * tf.matmul(codes, codes, transpose_b=True), 0.0)  # squared: (anchor, other)
    negative = _semi_hard(distance, same)
    counted = tf.cast(same & tf.reduce_any(~same, axis=1, keepdims=True), codes.dtype)
    counted = tf.linalg.set_diag(counted, tf.zeros_like(codes[:, 0]))  # a row is not its own positive
    hinge = tf.maximum(distance - negative + margin, 0.0) * counted
    return _of_counted(tf.reduce_sum(hinge, axis=1), tf.reduce_sum(counted))


def _semi_hard(distance: Any, same: Any) -> Any:
    """Return for each anchor and positive the distance of the nearest negative that is farther, or of the farthest.

    Args:
        distance: (anchor, other). same: (anchor, other) bool, whether the other is of the anchor's class.
    """
    import tensorflow as tf

    far = tf.constant(1e9, distance.dtype)
    alone = tf.where(same, far, distance)
    order = tf.argsort(tf.stop_gradient(alone), axis=1)
    ascending = tf.gather(alone, order, batch_dims=1)  # the negatives, then `far` for each row of the class
    count = tf.reduce_sum(tf.cast(~same, tf.int32), axis=1, keepdims=True)
    place = tf.searchsorted(tf.stop_gradient(ascending), tf.stop_gradient(distance), side="right")
    place = tf.maximum(tf.minimum(place, count - 1), 0)
    return tf.gather(ascending, place, batch_dims=1)


def _of_counted(losses: Any, count: Any) -> Any:
    """Return the losses scaled so that their mean is their sum divided by `count`; 0 where that is 0."""
    import tensorflow as tf

    rows = tf.cast(tf.shape(losses)[0], losses.dtype)
    return tf.math.divide_no_nan(losses * rows, count)
