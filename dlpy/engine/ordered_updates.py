"""Updates of embeddings that add up in one order, so that the same seed gives the same bits.

The gradient of an embedding has an entry for each word of a batch, and many words occur several times. TensorFlow adds
such entries to the weights in several threads, in an order that changes from run to run, and with it the last bits of
the sums. Here one thread adds them in the order of the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def add_in_order(optimizer: keras.optimizers.Optimizer) -> None:
    """Make a Keras optimizer add sparse updates in one order; a second call changes nothing."""
    if "assign_add" in vars(optimizer):
        return
    optimizer.assign_add = _ordered(optimizer.assign_add, "scatter_nd_add")  # type: ignore
    optimizer.assign_sub = _ordered(optimizer.assign_sub, "scatter_nd_sub")  # type: ignore


def _ordered(usual: Callable[[Any, Any], None], scatter: str) -> Callable[[Any, Any], None]:
    import keras
    import tensorflow as tf

    def update(variable: Any, value: Any) -> None:
        if isinstance(value, tf.IndexedSlices):
            raw = variable.value if isinstance(variable, keras.Variable) else variable
            getattr(raw, scatter)(value.indices[:, None], tf.cast(value.values, raw.dtype))
        else:
            usual(variable, value)

    return update
