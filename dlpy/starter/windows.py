"""The windows and horizons to try for a series of a given length and season."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dlpy.data.tables.frequency import Frequency
from dlpy.starter.timeline import LEAST_ROWS

_SHARE, _LARGEST_SHARE = 0.15, 0.27  # of the rows, held out
_FEW = 4.5  # rows to hold out of a short series: a window and its targets
_LONGEST = 60  # rows that are predicted at once; of longer seasons the last row alone
_MARGIN = 6  # windows in a held-out part
_MANY = 40  # periods, from which on longer windows forecast better
_FEWEST = 12  # windows to train on


@dataclass(frozen=True)
class Window:
    """A lookback window and its targets: `horizon` rows, or the row after `delay`. share: of the rows to hold out."""

    lookback: int
    step: int
    delay: int
    horizon: int | None
    share: float
    period: int | None = None


def windows_for(rows: int, frequency: Frequency | None, seasons: Sequence[int]) -> Iterator[Window]:
    """Yield the windows to try, best first.

    Args:
        rows: of a series.
        frequency: None for rows without times.
        seasons: the periods to try in turn.
    """
    for period in seasons:
        if period > _LONGEST:
            yield _far(rows, period)
            continue
        for lookback in (*([4 * period] if rows >= _MANY * period else []), 2 * period, period):
            needed = (period + _MARGIN) / rows
            if needed > _LARGEST_SHARE * (1 - _LARGEST_SHARE):  # validation rows are a share of the rest
                continue
            share = max(_SHARE, float(np.ceil(50 * (1 - np.sqrt(1 - 4 * needed))) / 100))
            if rows * (1 - share) ** 2 >= lookback + period + _FEWEST:
                yield Window(lookback, 1, 0, period, share, period)
    yield _near(rows)


def _far(rows: int, period: int) -> Window:
    """Return a window of about 120 of the rows of five periods, for the row one period after its last."""
    step = max(1, period // 24)
    lookback = max(2 * step, min(5 * period, rows // 30 // step * step))
    return Window(lookback, step, period - step, None, _SHARE, period)


def _near(rows: int) -> Window:
    """Return a short window, for the next row."""
    share = _SHARE if rows >= LEAST_ROWS else round(max(_SHARE, _FEW / rows), 2)
    return Window(max(2, min(24, rows // 30)), 1, 0, None, share)
