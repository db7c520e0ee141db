"""Parsing of timestamps in tables, and detection of gaps between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from dlpy.data.stored.mapped_rows import holds_for_any, least_and_most
from dlpy.data.tables.dates import date_of
from dlpy.data.tables.decimals import number
from dlpy.data.tables.iso_times import iso_times

_DAY_FIRST = re.compile(r"(\d\d)[./](\d\d)[./](\d{4})(.*)")
_YEAR_2100 = 4_102_444_800  # in seconds; a larger number of seconds is not a timestamp
_YEAR_1980 = 315_532_800
_MICROSECONDS = 1_000_000


def time_of(text: str) -> np.datetime64 | None:
    """Return the time written in a text, in UTC if it has a zone, or None if it is not a timestamp.

    Supports ISO 8601 with `T` or a space, also without day; 2016/12/31; 31.12.2016 23:50:00; seconds since 1970.
    """
    seconds = number(text)
    if seconds is not None:
        return np.datetime64(round(seconds * _MICROSECONDS), "us") if 0 <= seconds < _YEAR_2100 else None
    try:
        found = datetime.fromisoformat(_DAY_FIRST.sub(r"\3-\2-\1\4", text))
    except ValueError:
        return date_of(text)
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(found, "us")


def times_of(texts: Sequence[str]) -> tuple[np.ndarray, int | None]:
    """Return the timestamps, (rows,) datetime64[us], and the first row that is not one, or None."""
    if (times := iso_times(texts)) is not None:
        return times, None
    found = [time_of(text) for text in texts]
    wrong = next((row for row, time in enumerate(found) if time is None), None)
    return np.array([] if wrong is not None else found, "datetime64[us]"), wrong


def time_line(texts: Sequence[str]) -> np.ndarray | None:
    """Return the timestamps of a table column, or None if it does not contain ascending timestamps.

    Numbers are only accepted as seconds after 1980. A few timestamps may occur twice.
    """
    if any(time_of(text) is None for text in texts[:5]):
        return None
    seconds = number(texts[0])
    times, wrong = times_of(texts)
    if wrong is not None or (seconds is not None and seconds < _YEAR_1980):
        return None
    steps = np.diff(times)
    ascending = (steps >= np.timedelta64(0)).all() and np.count_nonzero(steps) >= 0.95 * len(steps)
    return times if ascending else None


def spelled(distance: np.timedelta64) -> str:
    """Return a duration in words: "10 minutes"."""
    seconds = distance / np.timedelta64(1, "s")
    units = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
    size, name = next(((size, name) for size, name in units if seconds >= size), (1, "second"))
    count = seconds / size
    return f"{count:g} {name}" + ("" if count == 1 else "s")


def span(times: np.ndarray) -> tuple[str, str]:
    """Return the first and the last of some times as written in tables; dates alone if all are at midnight."""
    written = [stamp(time) for time in least_and_most(times)]
    are_days = not holds_for_any(times, lambda some: some != some.astype("datetime64[D]"))
    first, last = (time.removesuffix(" 00:00:00") for time in written) if are_days else written
    return first, last


def stamp(time: np.datetime64) -> str:
    """Return a time as written in tables, to the second."""
    return str(time.astype("datetime64[s]")).replace("T", " ")


def stamps(times: np.ndarray) -> list[str]:
    """Return what `stamp` returns for each time."""
    return [text.replace("T", " ") for text in np.datetime_as_string(times.astype("datetime64[s]")).tolist()]
