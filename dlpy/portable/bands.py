"""The widths of a run's bands of quantiles as operations of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlpy.data.quantiles import MEDIAN
from dlpy.data.task import Output
from dlpy.models._outputs import in_ascending_order
from dlpy.scores.bands import each_of


def with_widths(x: Any, output: Output, factors: Sequence[float]) -> Any:
    """Return quantiles (batch, numbers x quantiles) with their distances from the median multiplied; none cross."""
    if not factors:
        return x
    from keras import ops as keras_ops

    ops: Any = keras_ops
    count, median = len(output.quantiles), output.quantiles.index(MEDIAN)
    each = each_of(output.quantiles, factors).astype("float32")  # as a tensor it would be an input of ONNX files
    shaped = ops.reshape(x, (-1, x.shape[-1] // count, count))
    middle = shaped[:, :, median : median + 1]
    return in_ascending_order(ops.reshape(middle + (shaped - middle) * each, (-1, x.shape[-1])), count)
