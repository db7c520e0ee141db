"""The band of a ROC curve: which true positive rates are compatible with the rows, from resamples of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_RESAMPLES = 400
_MOST_ROWS = 100_000  # the band of more rows is thinner than the line of the curve
_GRID = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Band:
    """The ends of the interval of the true positive rate at each false positive rate: (points,) each."""

    x: np.ndarray
    low: np.ndarray
    high: np.ndarray


def roc_band(positive: np.ndarray, score: np.ndarray, units: np.ndarray, level: float) -> Band | None:
    """Return the band within which each point of the curve lies at a level; None if it cannot be drawn.

    It holds for one false positive rate at a time, not for the whole curve at once.

    Args:
        positive: (rows,) bool. score: (rows,), higher for rows that are more likely positive.
        units: (rows,) the number from 0 of the unit that is resampled with the row.
        level: such as 0.95.
    """
    if len(positive) > _MOST_ROWS:
        return None
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # of rows with equal scores
    true, own, count = positive[order], units[order], int(units.max()) + 1
    rng, found = np.random.default_rng(0), []
    for _ in range(_RESAMPLES):
        weights = np.bincount(rng.integers(count, size=count), minlength=count)[own]
        curve = _curve(weights * true, weights * ~true, ends)
        if curve is not None:
            found.append(curve)
    if len(found) < _RESAMPLES // 2:
        return None
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Band(_GRID, low, high)


def _curve(found: np.ndarray, mistaken: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """Return the true positive rate over the grid; None if a resample lacks positive or negative rows."""
    y, x = (np.append(0, np.cumsum(weights)[ends]) for weights in (found, mistaken))
    return None if y[-1] == 0 or x[-1] == 0 else np.interp(_GRID, x / x[-1], y / y[-1])
