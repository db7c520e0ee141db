"""Curves over epochs: smoothed, their best epoch, and the limits of an axis that shows them."""

from __future__ import annotations

import numpy as np

SKIPPED = 10  # first epochs left out by smoothing, as in the book's 3.6: their scale is different
FACTOR = 0.9
_SHORT = 10  # epochs: shorter curves are shown in full
_FIRST = 5  # the first 1 / _FIRST of the epochs count as the start
_FLAT = 5  # height of the whole curve, relative to the rest, from which the axis is cut


def is_long(curve: np.ndarray) -> bool:
    """Return whether a curve has enough epochs for smoothing."""
    return len(curve) > 2 * SKIPPED


def smooth(curve: np.ndarray) -> np.ndarray:
    """Return the exponential moving average of a curve from epoch SKIPPED + 1 on: (epochs - SKIPPED,) float64."""
    smoothed = np.array(curve[SKIPPED:], dtype=np.float64)
    for epoch in range(1, len(smoothed)):
        smoothed[epoch] = FACTOR * smoothed[epoch - 1] + (1 - FACTOR) * smoothed[epoch]
    return smoothed


def best_epoch(curve: np.ndarray, direction: str) -> int:
    """Return the epoch, from 1, at which a mean curve is best; long curves are smoothed first."""
    values, skipped = (smooth(curve), SKIPPED) if is_long(curve) else (curve, 0)
    return skipped + int(values.argmin() if direction == "min" else values.argmax()) + 1


def limits(curves: list[np.ndarray]) -> tuple[float, float] | None:
    """Return axis limits for curves whose first epochs would flatten the rest, otherwise None.

    The rest, without the first fifth of each curve of at least ten epochs, then takes at least a third of the height.

    Args:
        curves: (epochs,) each; non-finite values are ignored.
    """
    every = _all_finite(curves)
    rest = _all_finite([curve[-(-len(curve) // _FIRST) :] if len(curve) >= _SHORT else curve for curve in curves])
    span = float(np.ptp(rest)) if len(rest) else 0.0
    if span == 0 or np.ptp(every) <= _FLAT * span:
        return None
    return max(float(every.min()), float(rest.min()) - span), min(float(every.max()), float(rest.max()) + span)


def _all_finite(curves: list[np.ndarray]) -> np.ndarray:
    values = np.concatenate(curves) if curves else np.empty(0)
    return values[np.isfinite(values)]
