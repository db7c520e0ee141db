"""Windows of several series, each on a scale of its own, in a network that takes the series as an input."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.data.task import State


def scaled_by_series(windows: Any, state: State, series: Any) -> Any:
    """Return windows on the scale of their series; NaN for a series without training rows.

    Args:
        windows: (batch, time, columns) float32.
        state: of `standardize`.
        series: (batch,) the number of the series in the state, from 1 up, 0 for all others.
    """
    from keras import ops

    mean, deviation = (_with_unknown(state[key]) for key in ("mean", "deviation"))
    high = mean.astype(np.float32)
    low = ((mean - high) / deviation).astype(np.float32)
    scaled = ops.multiply(
        ops.subtract(windows, _of_rows(high, series)), _of_rows((1 / deviation).astype(np.float32), series)
    )
    return ops.subtract(scaled, _of_rows(low, series))


def own_of_series(answers: Any, state: State, series: Any) -> Any:
    """Return answers for rows in the unit of their series: the inverse of the scale of its target."""
    from keras import ops

    offset, scale = _with_unknown(state["target"]).astype(np.float32).T
    shape = (-1, *[1] * (len(answers.shape) - 1))
    offset, scale = (ops.reshape(ops.take(numbers, series, axis=0), shape) for numbers in (offset, scale))
    return ops.add(ops.multiply(answers, scale), offset)


def _with_unknown(numbers: np.ndarray) -> np.ndarray:
    """Return numbers of series with a first row of NaN."""
    return np.concatenate([np.full_like(numbers[:1], np.nan), numbers])


def _of_rows(numbers: np.ndarray, series: Any) -> Any:
    """Return the numbers of each row's series for all of its steps: (batch, 1, columns)."""
    from keras import ops

    return ops.expand_dims(ops.take(numbers, series, axis=0), 1)
