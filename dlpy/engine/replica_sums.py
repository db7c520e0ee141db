"""Sums of what replicas give, always added in the same order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlpy.engine.replicas import Peers


def added(parts: Iterable[Any]) -> Any:
    """Return the sum of gradients, added one after another; None where all are None.

    The gradients of an embedding, which have an entry for each word, are joined in order.
    """
    import tensorflow as tf

    known = [part for part in parts if part is not None]
    if len(known) < 2:
        return known[0] if known else None
    if all(isinstance(part, tf.IndexedSlices) for part in known):
        values, indices = tf.concat([p.values for p in known], 0), tf.concat([p.indices for p in known], 0)
        return tf.IndexedSlices(values, indices, known[0].dense_shape)
    total = tf.convert_to_tensor(known[0])
    for part in known[1:]:
        total = total + tf.convert_to_tensor(part)
    return total


def everywhere(peers: Peers | None, gradients: list[Any], means: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return gradients, some of them None, and parts of means, both summed over all processes."""
    import tensorflow as tf

    if peers is None:
        return gradients, means
    sparse = [gradient for gradient in gradients if isinstance(gradient, tf.IndexedSlices)]
    dense = [g for g in gradients if g is not None and not isinstance(g, tf.IndexedSlices)]
    sums = peers.totals([*dense, *means]) if dense or means else []
    entries = peers.gathered([part for g in sparse for part in (g.indices, g.values)]) if sparse else []
    totals, joined = iter(sums), iter(entries)
    found = []
    for gradient in gradients:
        if isinstance(gradient, tf.IndexedSlices):
            indices, values = next(joined), next(joined)
            found.append(tf.IndexedSlices(values, indices, gradient.dense_shape))
        else:
            found.append(None if gradient is None else next(totals))
    return found, sums[len(dense) :]
