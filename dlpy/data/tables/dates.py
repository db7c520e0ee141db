"""Parsing of dates in tables: year, day or month first, with month names, with or without a time of day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from dlpy.data.tables.iso_times import iso_times

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_SHAPES = tuple(
    re.compile(_WEEKDAY + shape + r"(?:[T ,]+(?P<clock>\d{1,2}:.*))?", re.IGNORECASE | re.ASCII)
    for shape in (
        r"(?P<y>\d{4})([-./])(?P<m>\d{1,2})(?:\2(?P<d>\d{1,2}))?",  # 2012-01-31, 2012/1/31, 2012-01
        r"(?P<a>\d{1,2})([-./])(?P<b>\d{1,2})\2(?P<y>\d{4})",  # 31.01.2012, 01/31/2012
        r"(?P<a>\d{1,2})([-/])(?P<b>\d{1,2})\2(?P<y>\d\d)",  # 1/31/12
        r"(?P<a>\d\d)\.(?P<b>\d\d)\.(?P<y>\d\d)",  # 31.01.12
        r"(?P<y>\d{4})(?:(?P<m>\d\d)(?P<d>\d\d))?",  # 20120131, 2012
        r"(?P<m>\d{1,2})/(?P<y>\d{4})",  # 01/2012
        r"(?P<y>\d{4})m(?P<m>\d\d)",  # 2012M01
        r"(?P<y>\d{4})[- ]?q(?P<q>[1-4])",  # 2012-Q1
        r"q(?P<q>[1-4])[- /]?(?P<y>\d{4})",  # Q1 2012
        r"(?P<y>\d{4})[- ]?w(?P<w>\d\d)(?:-?(?P<d>[1-7]))?",  # 2012-W03, the Monday; 2012-W03-7
        _DAY
        + r"(?:[-. /]+| of )?(?P<n>[a-z]{3,9})(?:\.?[-, /]+(?P<y>\d{4}|\d\d)|(?P<z>\d{4}))",  # 31 Jan 2012, 31JAN2012
        r"(?P<n>[a-z]{3,9})\.?[- ]" + _DAY + r"(?:,? |-)(?P<y>\d{4})",  # Jan 31, 2012, Jan-31-2012
        r"(?P<n>[a-z]{3,9})\.?[- ](?P<y>\d{4})",  # Jan 2012
        r"(?P<y>\d{4})([- /])(?P<n>[a-z]{3,9})\2" + _DAY,  # 2012-Jan-31
    )
)
_CLOCK = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?P<f>\.\d{1,6})?\d*)?(?: ?(?P<half>[ap])\.?m\.?)?"
    r"(?: ?(?:Z|UTC|GMT|(?P<zone>[+-]\d\d:?\d\d)))?",
    re.IGNORECASE | re.ASCII,
)
_MOST_KNOWN = 200_000  # texts whose dates are kept: a column is read several times
_FIRST_YEAR = 1_000


@dataclass(frozen=True)
class Dates:
    """The dates of a column.

    times: (rows,) datetime64[us], NaT where a cell is not a date. month_first: how 01/02/2012 was read.
    doubtful: swapping day and month would also be valid and would change the order of the rows. has_order: whether
    day and month could be swapped in any of the dates.
    """

    times: np.ndarray
    month_first: bool = False
    doubtful: bool = False
    has_order: bool = False

    @property
    def bad(self) -> np.ndarray:
        """The rows whose cell is not a date."""
        return np.flatnonzero(np.isnat(self.times))

    @property
    def backward(self) -> np.ndarray:
        """The rows that are earlier than the previous row."""
        return np.flatnonzero(np.diff(self.times) < np.timedelta64(0)) + 1

    @property
    def repeated(self) -> np.ndarray:
        """The rows that have the same time as the previous row."""
        return np.flatnonzero(np.diff(self.times) == np.timedelta64(0)) + 1


@lru_cache(maxsize=_MOST_KNOWN)
def date_of(text: str, *, month_first: bool | None = None) -> np.datetime64 | None:
    """Return the time written in a text, in UTC if it has a zone, or None if it is not a date.

    Args:
        month_first: how to read 01/02/2012; None rejects dates with an ambiguous day and month.
    """
    found = next((match for shape in _SHAPES if (match := shape.fullmatch(text))), None)
    parts = {} if found is None else {key: value for key, value in found.groupdict().items() if value}
    parts |= {"y": parts["z"]} if "z" in parts else {}
    if not parts or ("a" in parts and month_first is None):
        return None
    try:
        return _moment(parts, month_first=bool(month_first))
    except ValueError:
        return None


def dates_of(texts: Sequence[str], *, month_first: bool | None = None) -> Dates:
    """Return the dates of a column, with day and month in the order that fits the whole column best.

    Args:
        month_first: that order, if it is known.
    """
    times = iso_times(texts)
    if month_first is not None:
        times = _read(texts, month_first=month_first) if times is None else times
        return Dates(times, month_first, has_order=True)
    if times is not None:
        return Dates(times)
    day, month = (_read(texts, month_first=first) for first in (False, True))
    if np.array_equal(day, month, equal_nan=True):
        return Dates(day)
    found = [np.count_nonzero(~np.isnat(times)) for times in (day, month)]
    if found[0] != found[1]:
        best = Dates(day) if found[0] > found[1] else Dates(month, month_first=True)
        return replace(best, has_order=True)
    even = [_evenness(times) for times in (day, month)]
    same = np.array_equal(np.argsort(day, kind="stable"), np.argsort(month, kind="stable"))
    best = Dates(day) if even[0] >= even[1] else Dates(month, month_first=True)
    return replace(best, doubtful=not same and even[0] == even[1], has_order=True)


def _read(texts: Sequence[str], *, month_first: bool) -> np.ndarray:
    known = {text: date_of(text, month_first=month_first) for text in set(texts)}
    none = np.datetime64("NaT")
    return np.array([none if known[text] is None else known[text] for text in texts], "datetime64[us]")


def _evenness(times: np.ndarray) -> tuple[bool, float]:
    """Return whether the rows are in order, and the share of the most frequent distance between times."""
    steps = np.diff(times)
    ordered = bool((steps >= np.timedelta64(0)).all() or (steps <= np.timedelta64(0)).all())
    gaps = np.diff(np.unique(times)).astype("timedelta64[D]").astype(np.int64)
    usual = np.median(gaps) if len(gaps) else 0
    return ordered, float(np.mean(np.abs(gaps - usual) <= usual / 2)) if len(gaps) else 0.0


def _moment(parts: dict[str, str], *, month_first: bool) -> np.datetime64 | None:
    year = int(parts["y"]) if len(parts["y"]) == 4 else int(parts["y"]) + (1900 if int(parts["y"]) > 68 else 2000)
    day, month = int(parts.get("d", 1)), int(parts.get("m", 1))
    if "a" in parts:
        day, month = (int(parts[key]) for key in ("ba" if month_first else "ab"))
    if "n" in parts:
        month = _month(parts["n"].lower())
    if "q" in parts:
        month = 3 * int(parts["q"]) - 2
    if "w" in parts:
        monday = datetime.fromisocalendar(year, int(parts["w"]), day)
        year, month, day = monday.year, monday.month, monday.day
    clock = _clock(parts.get("clock", "0:00"))
    if year < _FIRST_YEAR or clock is None:
        return None
    return np.datetime64(datetime(year, month, day) + clock, "us")


def _month(name: str) -> int:
    """Return the number of a month, given its name or the beginning of it.

    Raises:
        ValueError: it is no month.
    """
    name = "sep" if name == "sept" else name
    return 1 + [month.startswith(name) for month in _MONTHS].index(True)


def _clock(text: str) -> timedelta | None:
    """Return the time since midnight, in UTC if there is a zone."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour = int(found["h"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    if hour > 23 or int(found["m"]) > 59 or int(found["s"] or 0) > 59:
        return None
    since = timedelta(hours=hour, minutes=int(found["m"]), seconds=float((found["s"] or "0") + (found["f"] or "")))
    zone = (found["zone"] or "+0000").replace(":", "")
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    return since - ahead if zone[0] == "+" else since + ahead
