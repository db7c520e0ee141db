"""The seasonal period of a series, found by its autocorrelation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

_LEAST = 0.3  # autocorrelation of a period
_NEARLY = 0.05  # a longer period must be better by this much
_PERIODS = 3  # that a series must have at least
_LONG = 10_000_000  # products, above which a moving mean is taken from sums: years of minutes would take minutes
_LONGEST = 500  # rows, of a period that no calendar suggests


def season_of(series: Iterable[np.ndarray], candidates: Sequence[int]) -> int | None:
    """Return the seasonal period in rows, or None if there is none.

    Args:
        series: the numbers of each series in order of time, without missing ones.
        candidates: the periods that the calendar suggests; () tries all.
    """
    by_lag: dict[int, list[float]] = {lag: [] for lag in candidates}
    curves = []
    for values in series:
        if len(values) < 2 * _PERIODS or not np.ptp(values) > 0:
            continue
        centred = values - values.mean()
        for lag in [lag for lag in candidates if len(values) >= _PERIODS * lag]:
            by_lag[lag].append(_correlation(_without_trend(centred, lag), lag))
        if not candidates:
            curves.append(_curve(centred))
    if not candidates:
        return _strongest_peak(curves)
    best, period = _LEAST, None
    for lag, found in by_lag.items():
        strength = float(np.mean(found)) if found else 0.0
        if strength > best + (_NEARLY if period else 0):
            best, period = strength, lag
    return period


def _without_trend(values: np.ndarray, lag: int) -> np.ndarray:
    """Return the numbers minus their moving mean over a period; the ends are cut off."""
    if len(values) * lag > _LONG:
        sums = np.cumsum(np.concatenate([[0.0], values]))
        means = (sums[lag:] - sums[:-lag]) / lag
    else:
        means = np.convolve(values, np.full(lag, 1 / lag), mode="valid")
    start = lag // 2
    return values[start : start + len(means)] - means


def _correlation(values: np.ndarray, lag: int) -> float:
    spread = float(np.square(values).sum())
    return float((values[lag:] * values[:-lag]).sum() / spread) if spread > 0 and len(values) > lag else 0.0


def _curve(values: np.ndarray) -> list[float]:
    """Return the autocorrelation of a series at each lag from 1 on."""
    straight = _without_line(values)
    return [_correlation(straight, lag) for lag in range(1, min(_LONGEST, len(values) // _PERIODS) + 1)]


def _strongest_peak(curves: Sequence[Sequence[float]]) -> int | None:
    """Return the lag of the strongest peak of the mean autocorrelation behind its first dip below a half of it."""
    longest = min(map(len, curves), default=0)
    if longest < 3:
        return None
    curve = np.mean([one[:longest] for one in curves], axis=0)
    peaks = [
        place
        for place in range(1, longest - 1)
        if curve[place - 1] < curve[place] >= curve[place + 1]
        and curve[place] > _LEAST
        and curve[:place].min() < curve[place] / 2
    ]
    return max(peaks, key=lambda place: curve[place]) + 1 if peaks else None


def _without_line(values: np.ndarray) -> np.ndarray:
    rows = np.arange(len(values))
    return values - np.polyval(np.polyfit(rows, values, 1), rows)
