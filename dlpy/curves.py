"""Curves of a score over epochs: smoothed, and where they are best."""

from __future__ import annotations

import numpy as np

SKIPPED = 10  # first epochs that smoothing leaves out, as the book's 3.6 does: they are on another scale
FACTOR = 0.9


def is_long(curve: np.ndarray) -> bool:
    """Return whether a curve has enough epochs to be smoothed."""
    return len(curve) > 2 * SKIPPED


def smooth(curve: np.ndarray) -> np.ndarray:
    """Return the exponential moving average of a curve from epoch SKIPPED + 1 on: (epochs - SKIPPED,) float64."""
    smoothed = np.array(curve[SKIPPED:], dtype=np.float64)
    for epoch in range(1, len(smoothed)):
        smoothed[epoch] = FACTOR * smoothed[epoch - 1] + (1 - FACTOR) * smoothed[epoch]
    return smoothed


def best_epoch(curve: np.ndarray, direction: str) -> int:
    """Return the epoch, from 1, at which a mean curve is best; a long one is smoothed first: single dips are luck."""
    values, skipped = (smooth(curve), SKIPPED) if is_long(curve) else (curve, 0)
    return skipped + int(values.argmin() if direction == "min" else values.argmax()) + 1
