"""Pooling of whole series of different lengths, over the steps before the end of each."""

from __future__ import annotations

from typing import Any

from dlpy.models._convolutions import Kept, pooled
from dlpy.models._pooling import pooling_class
from dlpy.models._series_ends import before_end

_LOWEST = -1e9


def pooled_before_end(x: Any, mask: Any, size: int) -> tuple[Any, Any]:
    """Return x after max pooling of the steps that the mask (batch, time) marks, and the mask after it."""
    import keras

    ops: Any = keras.ops
    if size == 1:
        return x, mask
    steps = ops.cast(mask, "float32")[:, :, None]
    mask = pooled(steps, size, padding="same")[:, :, 0] > 0
    return before_end(pooled(ops.where(steps > 0, x, _LOWEST), size, padding="same"), mask), mask


def summary_before_end(x: Any, mask: Any, kind: Kept) -> Any:
    """Return the maximum or the mean of x (batch, time, channels) over the steps that the mask marks."""
    return pooling_class()("mean" if kind == "average" else "max", name="pooling")(x, mask=mask)
