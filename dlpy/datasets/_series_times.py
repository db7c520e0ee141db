"""The timestamps of a series in a table: read, and checked for their order and for gaps."""

from __future__ import annotations

from typing import Literal

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables import timestamps
from dlpy.data.tables.csv_file import CsvFile
from dlpy.datasets._table_options import no_column


def times_of(file: CsvFile, name: str | None, gaps: Literal["error", "allow"]) -> np.ndarray | None:
    """Return the timestamp of every row, (rows,) datetime64[us]; None without a column of times.

    Raises:
        DataError: one is missing, invalid, earlier than the previous one or, unless gaps are allowed, irregular.
    """
    if name is None:
        return None
    if name not in file.names:
        raise no_column(file, "time", name)
    texts = file.texts(name)
    times, wrong = timestamps.times_of(texts)
    if wrong is not None:
        hint = "Expected for example 2016-12-31 23:50:00, 31.12.2016 23:50:00 or seconds since 1970."
        what = f"'{texts[wrong]}' is not a timestamp" if texts[wrong] else "the timestamp is missing"
        raise DataError(f"{file.where(wrong, name)}: {what}. {hint}")
    _check_ascending(file, name, texts, times)
    if gaps == "error":
        _check_regular(file, name, texts, times)
    return times


def gap_notes(times: np.ndarray | None) -> list[str]:
    """Return a line about the number of gaps and where they are; empty if there are none."""
    found = np.empty(0, np.int64) if times is None or len(times) < 2 else timestamps.breaks(times)
    if times is None or not len(found):
        return []
    first, usual = int(found[0]), timestamps.spelled(timestamps.spacing(times))
    count = "one gap" if len(found) == 1 else f"{len(found):,} gaps, the first"
    where = f"{timestamps.stamp(times[first - 1])} and {timestamps.stamp(times[first])} (row {first:,})"
    return [f"{count} between {where}; rows are {usual} apart"]


def _check_ascending(file: CsvFile, name: str, texts: list[str], times: np.ndarray) -> None:
    back = np.flatnonzero(np.diff(times) < np.timedelta64(0)) + 1
    if len(back):
        row = int(back[0])
        earlier = f"{texts[row]} is earlier than {texts[row - 1]} in the row before"
        raise DataError(f"{file.where(row, name)}: {earlier}. Sort the rows by time.")


def _check_regular(file: CsvFile, name: str, texts: list[str], times: np.ndarray) -> None:
    allow = "or set data.gaps: allow to drop the windows that cross it"
    same = np.flatnonzero(np.diff(times) == np.timedelta64(0)) + 1
    if len(same):
        row = int(same[0])
        raise DataError(f"{file.where(row, name)}: {texts[row]} occurs twice. Keep one of the two rows, {allow}.")
    for note in gap_notes(times):
        raise DataError(f"{file.path}: {note}. Fill in the missing rows, {allow}.")
