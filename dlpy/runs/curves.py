"""Curves of a score over epochs: smoothed, and where they are best."""

from __future__ import annotations

import numpy as np

SKIPPED = 10  # first epochs that smoothing leaves out, as the book's 3.6 does: they are on another scale
FACTOR = 0.9
_SHORT = 10  # epochs: all of a curve with fewer is looked at
_FIRST = 5  # one epoch in so many counts as one of the first
_FLAT = 5  # times as high as the rest: the axis that the first epochs ask for


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


def limits(curves: list[np.ndarray]) -> tuple[float, float] | None:
    """Return between which values curves are worth looking at, where their first epochs would flatten the rest.

    The rest, without the first fifth of each curve of ten epochs and more, then takes a third of the height at least.

    Args:
        curves: (epochs,) each; values that are not finite are passed over.
    """
    every = _finite(curves)
    rest = _finite([curve[-(-len(curve) // _FIRST) :] if len(curve) >= _SHORT else curve for curve in curves])
    span = float(np.ptp(rest)) if len(rest) else 0.0
    if span == 0 or np.ptp(every) <= _FLAT * span:
        return None
    return max(float(every.min()), float(rest.min()) - span), min(float(every.max()), float(rest.max()) + span)


def _finite(curves: list[np.ndarray]) -> np.ndarray:
    values = np.concatenate(curves) if curves else np.empty(0)
    return values[np.isfinite(values)]
