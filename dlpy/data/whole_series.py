"""Whole series as rows: arrays (series, steps, channels), NaN in all channels after the end of a series.

A series has at least one step, and no gaps: all numbers before its end are finite.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def stacked(series: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Return series, each (steps, channels), as one array (series, length, channels) float32."""
    rows = np.full((len(series), length, series[0].shape[1]), np.nan, np.float32)
    for row, values in zip(rows, series, strict=True):
        row[: len(values)] = values
    return rows


def lengths_of(rows: np.ndarray) -> np.ndarray:
    """Return the number of steps of each series: (series,) int64."""
    return np.count_nonzero(~np.isnan(rows[..., 0]), axis=1)


def steps_of(rows: np.ndarray) -> np.ndarray:
    """Return the steps of all series, one after another: (all steps, channels)."""
    return rows[~np.isnan(rows[..., 0])]
