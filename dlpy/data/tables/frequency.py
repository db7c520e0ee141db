"""The frequency of a series: the step from one timestamp to the next, in seconds or on the calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dlpy.data.tables import timestamps

_DAY = np.timedelta64(1, "D")
_FEWEST_DAYS = 28  # of a month
_FRIDAY_GAP = 3  # days from a Friday to the next Monday
_MONTHS = {1: "1 month", 3: "3 months", 6: "6 months", 12: "1 year"}


@dataclass(frozen=True)
class Frequency:
    """The step of a series.

    kind: a fixed duration, months, or business days (Monday to Friday). count: its microseconds or months; 1 for
    business days. month_end: whether times lie on the last day of a month.
    """

    kind: Literal["fixed", "months", "business_days"]
    count: int
    month_end: bool = False

    def steps(self, times: np.ndarray) -> np.ndarray:
        """Return the number of steps from each time to the next, rounded; 0 if the time is repeated."""
        if self.kind == "months":
            return np.rint(np.diff(_months(times)) / self.count).astype(np.int64)
        if self.kind == "business_days":
            days = times.astype("datetime64[D]")
            return np.asarray(np.busday_count(days[:-1], days[1:]), np.int64)
        ratio = np.diff(times) / np.timedelta64(self.count, "us")
        return np.where(ratio > 0.5, np.ceil(ratio - 0.5), np.rint(ratio)).astype(np.int64)

    def after(self, time: Any, steps: int) -> Any:
        """Return the time that lies this many steps after a time; of an array of times, the array of these."""
        if self.kind == "fixed":
            return time + steps * np.timedelta64(self.count, "us")
        day = time.astype("datetime64[D]")
        if self.kind == "business_days":
            return np.busday_offset(day, steps, roll="backward").astype("datetime64[us]") + (time - day)
        month = time.astype("datetime64[M]")
        later, last = month + steps * self.count, (month + steps * self.count + 1).astype("datetime64[D]") - _DAY
        wanted = last if self.month_end else np.minimum(later.astype("datetime64[D]") + (day - month), last)
        return wanted.astype("datetime64[us]") + (time - day)

    def __str__(self) -> str:
        if self.kind == "months":
            years = self.count // 12 if self.count % 12 == 0 and self.count > 12 else 0
            return f"{years} years" if years else _MONTHS.get(self.count, f"{self.count} months")
        return (
            "1 business day" if self.kind == "business_days" else timestamps.spelled(np.timedelta64(self.count, "us"))
        )

    @property
    def seasons(self) -> list[int]:
        """The usual seasonal periods in steps, shortest first: a day, a week, a year."""
        if self.kind == "months":
            return [12 // self.count] if 12 % self.count == 0 and self.count < 12 else []
        if self.kind == "business_days":
            return [5]
        spans = (_DAY, 7 * _DAY, np.timedelta64(365, "D"))
        steps = [span / np.timedelta64(self.count, "us") for span in spans]
        return [round(number) for number in steps if number >= 2 and (number % 1 == 0 or number > 50)]


def frequency_of(series: Iterable[np.ndarray]) -> Frequency:
    """Return the frequency of one or several series.

    Args:
        series: the ascending times of each, or of parts of it that have the last time of the part before in front. They
            are looked at several times.
    """
    counts = _counted(np.diff(times) for times in series)
    steps = np.array([step for step in counts if step > 0], "timedelta64[us]")
    if len(steps) == 0:
        return Frequency("fixed", int(_DAY / np.timedelta64(1, "us")))
    usual = np.timedelta64(_most_frequent(counts), "us")
    if usual >= _FEWEST_DAYS * _DAY and (count := _months_apart(series, uneven=len(counts) > 1)):
        return Frequency("months", count, month_end=_are_month_ends(series))
    weekends = (steps == _FRIDAY_GAP * _DAY).any()
    if usual == _DAY and weekends and all(np.is_busday(times.astype("datetime64[D]")).all() for times in series):
        return Frequency("business_days", 1)
    return Frequency("fixed", int(usual / np.timedelta64(1, "us")))


def _counted(arrays: Iterable[np.ndarray]) -> dict[int, int]:
    """Return the distinct numbers, or durations in microseconds, of arrays, and how often each occurs."""
    found: Counter[int] = Counter()
    for array in arrays:
        distinct, counts = np.unique(array.astype(np.int64), return_counts=True)
        found.update(dict(zip(distinct.tolist(), counts.tolist(), strict=True)))
    return dict(found)


def _most_frequent(counts: Mapping[int, int]) -> int:
    """Return the most frequent number above 0, the smallest of several."""
    return min((number for number in counts if number > 0), key=lambda number: (-counts[number], number))


def _months(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[M]").astype(np.int64)


def _months_apart(series: Iterable[np.ndarray], *, uneven: bool) -> int:
    """Return the most frequent number of months between times; 0 if times are not by months.

    Args:
        uneven: whether times are not always as far apart.
    """
    counts = _counted(np.diff(_months(times)) for times in series)
    days = _counted(_days_of_month(times) for times in series)
    same_day = len(days) == 1 or _are_month_ends(series)
    return _most_frequent(counts) if same_day or (uneven and min(counts) >= 1) else 0


def _days_of_month(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[D]") - times.astype("datetime64[M]").astype("datetime64[D]")


def _are_month_ends(series: Iterable[np.ndarray]) -> bool:
    days = (times.astype("datetime64[D]") for times in series)
    return all(((one + _DAY).astype("datetime64[M]") != one.astype("datetime64[M]")).all() for one in days)
