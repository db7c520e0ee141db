"""Conformalized quantiles: bands around a median made wider or narrower, so that they hold the truth as often as asked.

The distance of each quantile from the median is multiplied by a factor, the same for all steps and for both ends of a
band. If the rows that it is fitted on and new rows are exchangeable, the band holds the truth for at least the asked
coverage of rows, whatever the model. Rows in order of time are not: later ones may be more restless. Their bands are
only made wider, and less so the fewer rows there are. Those of series follow the errors (`adaptive_bands.py`).

Source: Romano et al. 2019, arXiv:1905.03222; by factors of the distance from the median: Sesia & Candes 2020,
arXiv:1909.05433 (CQR-m, of Kivaranovic et al. 2020, arXiv:1905.10634).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from dlpy.scores.conformal import limits, rows_needed

_MEDIAN = 0.5
_DOUBT = 4.0  # rows in order of time that speak for the bands as learned; chosen by 46 parts of series
_LEAST = 1e-9  # of the largest distance of a quantile from the median, that one is taken to be at least


def pairs_of(levels: Sequence[float]) -> list[tuple[int, int]]:
    """Return the positions of the quantiles that are the ends of bands around the median, the widest band first."""
    pairs = [(low, len(levels) - 1 - low) for low in range(len(levels) // 2)]
    return [(low, high) for low, high in pairs if levels[low] < _MEDIAN < levels[high]]


def asked_of(levels: Sequence[float]) -> list[float]:
    """Return the coverage that each band asks for, the widest band first."""
    return [float(Fraction(str(levels[high])) - Fraction(str(levels[low]))) for low, high in pairs_of(levels)]


def distances(
    target: np.ndarray, prediction: np.ndarray, levels: Sequence[float], least: float | None = None
) -> np.ndarray:
    """Return how far each truth is from the median, in distances of the band's end on that side from the median.

    Args:
        target: (rows, numbers). prediction: (rows, numbers, quantiles). levels: ascending, 0.5 among them.
        least: what distances of ends are taken to be at least; None: a tiny part of the largest of all rows.

    Returns:
        (rows, numbers, bands) float64: at most 1 where the band holds the truth.
    """
    median = prediction[:, :, list(levels).index(_MEDIAN)].astype(np.float64)
    beyond = target.astype(np.float64) - median
    found = []
    for low, high in pairs_of(levels):
        ends = np.where(beyond < 0, median - prediction[:, :, low], prediction[:, :, high] - median)
        floor = _LEAST * max(float(ends.max(initial=0.0)), 1e-30) if least is None else least
        found.append(np.abs(beyond) / np.maximum(ends, floor))
    return np.stack(found, axis=2)


def factors_of(
    target: np.ndarray, prediction: np.ndarray, levels: Sequence[float], windows: int | None = None
) -> list[float] | None:
    """Return the factor of each band's distances from the median, the widest band first.

    Args:
        target, prediction, levels: as in `distances`.
        windows: of rows in order of time, how many of them have no target in common: the fewer, the nearer is each
            factor to 1, and never below. None: rows are exchangeable, and factors are those that the guarantee needs.

    Returns:
        None if there are too few rows.
    """
    scores = distances(target, prediction, levels)
    found = []
    for band, asked in enumerate(asked_of(levels)):
        own = scores[:, :, band].reshape(-1, 1)
        limit = None if len(scores) < rows_needed(asked) else limits(own, asked)
        if limit is None or not np.isfinite(limit[0]):
            return None
        factor = max(float(limit[0]), _LEAST)
        found.append(factor if windows is None else max(1.0, factor) ** (windows / (windows + _DOUBT)))
    return found


def each_of(levels: Sequence[float], factors: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return what the distance of each quantile from the median is multiplied by: (quantiles,), or (rows, quantiles).

    Args:
        factors: of each band, (bands,), or of each row, (rows, bands).
    """
    by_band = np.asarray(factors, np.float64)
    each = np.ones((*by_band.shape[:-1], len(levels)))
    for band, (low, high) in enumerate(pairs_of(levels)):
        each[..., low] = each[..., high] = by_band[..., band]
    return each


def with_factors(prediction: np.ndarray, levels: Sequence[float], factors: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return quantiles (rows, numbers, quantiles) whose distances from the median are multiplied; none cross.

    Args:
        factors: as in `each_of`.
    """
    middle, each = list(levels).index(_MEDIAN), each_of(levels, factors)
    median = prediction[:, :, middle : middle + 1]
    shaped = each.reshape(-1, 1, len(levels)).astype(prediction.dtype)
    return np.sort(median + (prediction - median) * shaped, axis=2)


def windows_apart(starts: np.ndarray, length: int) -> int:
    """Return how many spans of this length, of those that begin at these rows, have no row in common."""
    count, end = 0, -math.inf
    for start in np.sort(starts).tolist():
        if start >= end:
            count, end = count + 1, start + length
    return count
