"""Gaps and missing cells of series: rows inserted, cells filled, and which rows each filled cell depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlpy.core.errors import DataError
from dlpy.datasets._series_times import Timeline

Missing = Literal["error", "previous", "interpolate", "drop"]
_MOST_INSERTED = 5  # rows of a gap for each row of the file


@dataclass(frozen=True)
class Filled:
    """Columns without missing cells, but for those that nothing can fill.

    values: (times, columns). since, until: (times,) int64, the first and the last row that the cells of each row were
    filled from: the row itself where nothing was missing, -1 or the number of rows where a cell could not be filled.
    breaks: rows that no window may reach across from the row before.
    """

    values: np.ndarray
    since: np.ndarray
    until: np.ndarray
    breaks: np.ndarray


def with_gap_rows(line: Timeline) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each time the row of the timeline or -1 in a gap, the times, and the breaks that remain.

    Raises:
        DataError: the gaps are far longer than the series.
    """
    count = np.where(line.first | (line.steps < 1), 1, line.steps)
    if count.sum() > _MOST_INSERTED * len(count) + 1_000:
        raise DataError(
            f"gaps: fill would insert {count.sum() - len(count):,} rows into {len(count):,}: set gaps: allow."
        )
    place = np.cumsum(count) - 1
    source = np.full(int(count.sum()), -1, np.int64)
    source[place] = np.arange(len(count))
    nearest = np.maximum.accumulate(source)
    known = line.times if line.times is not None else np.zeros(len(count), "datetime64[us]")
    times = known[nearest]
    frequency = line.frequency
    for row in np.flatnonzero(source < 0).tolist() if frequency is not None else []:
        times[row] = None if frequency is None else frequency.after(known[nearest[row]], row - int(place[nearest[row]]))
    kept = np.intersect1d(place[1:], place[np.flatnonzero(line.first | (line.steps < 1))])
    return source, times, kept


def filled(values: np.ndarray, breaks: np.ndarray, how: Missing) -> Filled:
    """Return columns with their missing cells filled within each stretch between breaks.

    previous: with the value before; interpolate: on a line between the values around; drop: not at all, and no window
    contains such a row.

    Args:
        values: (times, columns), NaN where a cell is missing.
        breaks: rows that start a new stretch.
    """
    rows = np.arange(len(values))
    missing = np.isnan(values)
    if not missing.any():
        return Filled(values, rows, rows, breaks)
    if how == "drop":
        gone = np.flatnonzero(missing.any(axis=1))
        cut = np.union1d(breaks, np.concatenate([gone, gone + 1]))
        since = np.where(missing.any(axis=1), -1, rows)
        return Filled(values, since, rows, cut[(cut > 0) & (cut < len(values))])
    before, after = _neighbours(missing, breaks)
    made = np.take_along_axis(values, np.maximum(before, 0), axis=0)
    if how == "interpolate":
        later = np.take_along_axis(values, np.minimum(after, len(values) - 1), axis=0)
        whole = (before >= 0) & (after < len(values))
        share = np.where(whole, (rows[:, None] - before) / np.maximum(after - before, 1), 0.0)
        made = np.where(whole, made + share * (later - made), made)
    made = np.where(before < 0, np.nan, np.where(missing, made, values))
    until = after.max(axis=1) if how == "interpolate" else rows
    return Filled(made, before.min(axis=1), until, breaks)


def _neighbours(missing: np.ndarray, breaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest known rows before and after each cell in its stretch, itself if it is known: (times, columns).

    -1 and the number of rows stand for none.
    """
    rows, length = np.arange(len(missing))[:, None], len(missing)
    edges = np.concatenate([[0], breaks, [length]]).astype(np.int64)
    first, last = np.repeat(edges[:-1], np.diff(edges))[:, None], np.repeat(edges[1:], np.diff(edges))[:, None]
    before = np.maximum.accumulate(np.where(missing, -1, rows), axis=0)
    after = np.minimum.accumulate(np.where(missing, length, rows)[::-1], axis=0)[::-1]
    return np.where(before < first, -1, before), np.where(after >= last, length, after)
