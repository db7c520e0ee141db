"""Local times with changes of the clock: read as times that pass evenly."""

from __future__ import annotations

import numpy as np

_HOUR, _NO_TIME = np.timedelta64(1, "h"), np.timedelta64(0)
_SPRING, _AUTUMN = (3, 4), (9, 10, 11)  # months in which clocks change, on either half of the earth
_SET_FORWARD = ((3, 1, False), (3, None, True), (9, None, True), (10, 0, False))  # month, number of Sunday, or the last
_LAST_HOUR = 4  # clocks change between midnight and this hour, on a Sunday


def evenly(times: np.ndarray) -> tuple[np.ndarray, int]:
    """Return times that pass evenly for local times in file order, and the number of changes of the clock.

    Where clocks are set back, an hour occurs twice; where they are set forward, one is missing. Both are recognized by
    the Sunday night of spring or autumn, and only if no other row goes back, and an hour occurs twice, or one is
    missing in each night in which the clocks of a country are set forward.
    """
    steps = np.diff(times)
    back, forward = _changes(times, steps)
    if (steps[~back] <= _NO_TIME).any() or not (back.any() or _is_each_night(times[1:][forward], times)):
        return times, 0
    shift = np.concatenate([[0], np.cumsum(back.astype(np.int64) - forward.astype(np.int64))])
    return times + shift * _HOUR, int(back.sum() + forward.sum())


def may_be_local(times: np.ndarray) -> bool:
    """Return whether some times go back or are repeated, or an hour is missing in a night in which clocks change."""
    steps = np.diff(times)
    if not len(steps) or steps.min() == steps.max() > _NO_TIME:
        return False
    return bool((steps <= _NO_TIME).any() or _changes(times, steps)[1].any())


def _changes(times: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps over an hour that occurs twice, and over one that is missing: (steps,) bool each."""
    usual = np.median(steps.astype(np.int64)).astype("timedelta64[us]") if len(steps) > 1 else _NO_TIME
    if not _NO_TIME < usual <= _HOUR:
        return np.zeros(len(steps), np.bool_), np.zeros(len(steps), np.bool_)
    nights = _is_night_of_change(times[1:])
    return (steps == usual - _HOUR) & nights, (steps == usual + _HOUR) & nights


def _is_each_night(found: np.ndarray, times: np.ndarray) -> bool:
    """Return whether times are one in each of the nights of a span in which the clocks of a country are set forward."""
    if not len(found):
        return False
    sundays, month, number, is_last = _sundays(times[0], times[-1])
    nights = (sundays[(month == one) & (is_last if last else number == place)] for one, place, last in _SET_FORWARD)
    return any(np.array_equal(found.astype("datetime64[D]"), own) for own in nights)


def _is_night_of_change(times: np.ndarray) -> np.ndarray:
    days = times.astype("datetime64[D]")
    sunday = (days.astype(np.int64) + 3) % 7 == 6  # 1970-01-01 was a Thursday
    month = times.astype("datetime64[M]").astype(np.int64) % 12 + 1
    hour = (times - days) / _HOUR
    return sunday & np.isin(month, (*_SPRING, *_AUTUMN)) & (hour <= _LAST_HOUR)


def next_night_of_change(first: np.datetime64, last: np.datetime64) -> np.datetime64 | None:
    """Return the first Sunday between two times in whose night clocks may be changed: the days on which many are."""
    sundays, month, number, is_last = _sundays(first, last)
    usual = (is_last & np.isin(month, (3, 9, 10))) | ((number == 0) & np.isin(month, (4, 10, 11)))
    found = sundays[usual | ((number == 1) & (month == _SPRING[0]))]
    return found[0] if len(found) else None


def _sundays(first: np.datetime64, last: np.datetime64) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the Sundays of spring and autumn between two times: days, months, numbers within them, which are last."""
    days = np.arange(first.astype("datetime64[D]"), last.astype("datetime64[D]") + 1)
    sundays = days[_is_night_of_change(days.astype("datetime64[us]"))]
    months, number = sundays.astype("datetime64[M]"), (sundays - sundays.astype("datetime64[M]")).astype(np.int64) // 7
    is_last = (sundays + 7).astype("datetime64[M]") != months
    return sundays, months.astype(np.int64) % 12 + 1, number, is_last
