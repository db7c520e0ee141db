"""Local times with changes of the clock: read as times that pass evenly."""

from __future__ import annotations

import numpy as np

_HOUR = np.timedelta64(1, "h")
_SPRING, _AUTUMN = (3, 4), (9, 10, 11)  # months in which clocks change, on either half of the earth
_LAST_HOUR = 4  # clocks change between midnight and this hour, on a Sunday


def evenly(times: np.ndarray) -> tuple[np.ndarray, int]:
    """Return times that pass evenly for local times in file order, and the number of changes of the clock.

    Where clocks are set back, an hour occurs twice; where they are set forward, one is missing. Both are recognized by
    the Sunday night of spring or autumn, and only if at least one hour occurs twice and no other row goes back.
    """
    steps = np.diff(times)
    if len(steps) < 2:
        return times, 0
    usual = np.median(steps.astype(np.int64)).astype("timedelta64[us]")
    if not np.timedelta64(0) < usual <= _HOUR:
        return times, 0
    back = (steps == usual - _HOUR) & _is_night_of_change(times[1:])
    forward = (steps == usual + _HOUR) & _is_night_of_change(times[1:])
    if not back.any() or (steps[~back] <= np.timedelta64(0)).any():
        return times, 0
    shift = np.concatenate([[0], np.cumsum(back.astype(np.int64) - forward.astype(np.int64))])
    return times + shift * _HOUR, int(back.sum() + forward.sum())


def _is_night_of_change(times: np.ndarray) -> np.ndarray:
    days = times.astype("datetime64[D]")
    sunday = (days.astype(np.int64) + 3) % 7 == 6  # 1970-01-01 was a Thursday
    month = times.astype("datetime64[M]").astype(np.int64) % 12 + 1
    hour = (times - days) / _HOUR
    return sunday & np.isin(month, (*_SPRING, *_AUTUMN)) & (hour <= _LAST_HOUR)


def next_night_of_change(first: np.datetime64, last: np.datetime64) -> np.datetime64 | None:
    """Return the first Sunday between two times in whose night clocks may be changed: the days on which many are."""
    days = np.arange(first.astype("datetime64[D]"), last.astype("datetime64[D]") + 1)
    sundays = days[_is_night_of_change(days.astype("datetime64[us]"))]
    months, number = sundays.astype("datetime64[M]"), (sundays - sundays.astype("datetime64[M]")).astype(np.int64) // 7
    is_last = (sundays + 7).astype("datetime64[M]") != months
    month = months.astype(np.int64) % 12 + 1
    usual = (is_last & np.isin(month, (3, 9, 10))) | ((number == 0) & np.isin(month, (4, 10, 11)))
    found = sundays[usual | ((number == 1) & (month == _SPRING[0]))]
    return found[0] if len(found) else None
