"""Adaptive conformal inference: bands of forecasts that grow after misses and shrink while they hold the truth.

The factor of a band's distances from the median is different at each origin of a series, and depends on earlier
forecasts alone. Each known row moves the logarithm of the factor by `_RATE` times the share of its forecasts whose band
missed it, minus the share that the band may miss. In the long run a band misses as often as it should, however the
series changes; of a series that stays as it was, this costs a little width. A row is known from the first origin behind
it, so that the errors of several steps ahead are learned step by step. The later errors are known, the smaller are the
moves: others would add up before their effect is seen, and the width would swing.

Source: Gibbs & Candes 2021, arXiv:2106.00170; on the width itself instead of its level: the quantile tracking of
Angelopoulos, Candes & Tibshirani 2023, arXiv:2307.16895.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_RATE = 0.1  # chosen, as _GAIN, with series that are not in the table of configs/README.md
_GAIN = 1.5  # limit of the moves until the errors of an origin are known, together: twice as much lets widths swing
_MOST = 10.0  # factors are at most this, and at least 1 / this


@dataclass(frozen=True)
class Forecasts:
    """What is known of the forecasts of windows.

    scores: (windows, numbers, bands), how far each truth is from the median, in distances of the band's end on that
    side; NaN where it is unknown or teaches nothing. origin: (windows,), the row at which each forecast is made; rows
    before it are known. rows: (windows, numbers), the row of each truth. series: (windows,), the number of each one's
    series.
    """

    scores: np.ndarray
    origin: np.ndarray
    rows: np.ndarray
    series: np.ndarray

    def of(self, windows: np.ndarray) -> Forecasts:
        """Return the forecasts of some windows."""
        return Forecasts(self.scores[windows], self.origin[windows], self.rows[windows], self.series[windows])


class Factors:
    """The factors of bands, which follow the errors of forecasts that come some windows at a time.

    Of several series, each has factors of its own, and those after all windows are their geometric mean.

    Args of an instance:
        start: the factor of each band before any row is known.
        asked: the coverage that each band asks for.
    """

    def __init__(self, start: Sequence[float], asked: Sequence[float]) -> None:
        self._start, self._asked = np.asarray(start, np.float64), np.asarray(asked)
        self._series: dict[int, _State] = {}

    def of(self, forecasts: Forecasts) -> np.ndarray:
        """Return the factors of the bands of windows that are later than those before: (windows, bands)."""
        found = np.empty((len(forecasts.origin), len(self._asked)))
        for number in np.unique(forecasts.series).tolist():
            own = np.flatnonzero(forecasts.series == number)
            own = own[np.argsort(forecasts.origin[own], kind="stable")]
            before = self._series.get(number) or _State.fresh(np.log(self._start))
            found[own], self._series[number] = _of_series(forecasts.of(own), before, self._asked)
        return found

    def after(self) -> np.ndarray:
        """Return the factors after all windows: (bands,)."""
        last = [_after(state.factors, state.moves) for _, state in sorted(self._series.items())]
        return np.exp(np.mean(last, axis=0)) if last else self._start


@dataclass(frozen=True)
class _State:
    """What is known of a series after some windows.

    factors: (bands,), their logarithms. moves: (rows, bands), of the rows that are not yet known, in their order. rows:
    (rows,), these rows.
    """

    factors: np.ndarray
    moves: np.ndarray
    rows: np.ndarray

    @classmethod
    def fresh(cls, factors: np.ndarray) -> _State:
        return cls(factors, np.zeros((0, len(factors))), np.zeros(0, np.int64))


def _of_series(forecasts: Forecasts, before: _State, asked: np.ndarray) -> tuple[np.ndarray, _State]:
    """Return the factors of windows in order of their origins, and what is known after them."""
    windows, numbers, bands = forecasts.scores.shape
    every = np.concatenate([before.rows, forecasts.rows.reshape(-1)])
    order = np.argsort(every, kind="stable")
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    earlier, place = place[: len(before.rows)], place[len(before.rows) :].reshape(windows, numbers)
    known = np.searchsorted(every[order], forecasts.origin).tolist()
    lag = int((forecasts.rows - forecasts.origin[:, None]).max()) + 1
    rate = min(_RATE, _GAIN / lag) / numbers
    moves, factors, done, state = np.zeros((order.size, bands)), np.empty((windows, bands)), 0, before.factors
    moves[earlier] = before.moves
    for window, until in enumerate(known):
        state, done = _after(state, moves[done:until]), until
        factors[window] = np.exp(state)
        scores = forecasts.scores[window]
        moves[place[window]] = rate * np.where(np.isnan(scores), 0.0, (scores > factors[window]) - (1 - asked))
    return factors, _State(state, moves[done:], every[order][done:])


def _after(state: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Return the logarithm of the factors after moves, (moves, bands), within the limits."""
    limit = np.log(_MOST)
    return np.clip(state + moves.sum(axis=0), -limit, limit)
