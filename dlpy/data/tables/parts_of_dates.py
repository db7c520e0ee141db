"""The parts of dates given in seconds since 1970: year, month, weekday and others.

It needs NumPy alone: it is copied beside exported networks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PARTS: dict[str, float | None] = {  # each part, and the number of its values if it repeats
    "year": None,
    "month": 12,
    "day": 31,
    "weekday": 7,
    "hour": 24,
    "minute": 60,
    "day_of_year": 366,
}
SECONDS_OF_DAY = 86_400
_THURSDAY = 3  # 1970-01-01; Monday is 0


def part_of(part: str, seconds: np.ndarray) -> np.ndarray:
    """Return a part of each date: (rows,) float64, NaN where a date is missing.

    The year is as written; the month, the day and the day of the year count from 1; the weekday (Monday), the hour and
    the minute from 0.

    Args:
        part: one of PARTS.
        seconds: (rows,) seconds since 1970, NaN where a date is missing.
    """
    missing = np.isnan(seconds)
    whole = np.where(missing, 0, np.floor(seconds)).astype(np.int64)
    days, in_day = np.divmod(whole, SECONDS_OF_DAY)
    dates = days.astype("datetime64[D]")
    if part == "year":
        found = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    elif part == "month":
        found = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    elif part == "day":
        found = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    elif part == "day_of_year":
        found = (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1
    elif part == "weekday":
        found = (days + _THURSDAY) % 7
    else:
        found = in_day // 3600 if part == "hour" else in_day // 60 % 60
    return np.where(missing, np.nan, found)


def columns_of(seconds: np.ndarray, parts: Sequence[str], first: float, *, cyclic: bool) -> np.ndarray:
    """Return columns of numbers for dates: (rows, columns) float64, NaN where a date is missing.

    Args:
        seconds: (rows,) seconds since 1970.
        parts: of PARTS, or elapsed, the days since `first`.
        first: a date in seconds.
        cyclic: whether a part that repeats becomes two columns, the sine and cosine of its angle on a circle.
    """
    found = [np.empty((len(seconds), 0))]
    for part in parts:
        numbers = (seconds - first) / SECONDS_OF_DAY if part == "elapsed" else part_of(part, seconds)
        period = PARTS.get(part)
        angles = 2 * np.pi * numbers / (period or 1.0)
        on_circle = np.column_stack([np.sin(angles), np.cos(angles)])
        found.append(on_circle if cyclic and period is not None else numbers[:, None])
    return np.concatenate(found, axis=1)
