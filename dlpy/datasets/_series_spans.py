"""Stretches of rows of a series: whole series in a file, gap-free segments, and held-out rows."""

from __future__ import annotations

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.rows import Rows
from dlpy.data.splits import Holdout


def spans_of(owner: np.ndarray | None, times: int) -> list[tuple[int, int]]:
    """Return the first row of each series and the row after its last one."""
    changes = [] if owner is None else (np.flatnonzero(np.diff(owner)) + 1).tolist()
    return list(zip([0, *changes], [*changes, times], strict=True))


def segments(breaks: np.ndarray, times: int) -> np.ndarray:
    """Return for each row the number of its gap-free segment: (times,) int64."""
    begins = np.zeros(times, np.int64)
    begins[breaks] = 1
    return np.cumsum(begins)


def thinned(rows: Rows | None, limit: int | None) -> Rows | None:
    """Return at most `limit` rows, evenly spaced."""
    if rows is None or limit is None or len(rows) <= limit:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, limit).astype(np.int64))


def held_out(holdout: Holdout, free: np.ndarray, times: int, key: str) -> np.ndarray:
    """Return the held-out rows among the free ones."""
    if holdout.rows:
        first, last = holdout.rows
        if last >= times:
            raise DataError(f"{key}: row {last:,} does not exist: the series has {times:,} rows, numbered from 0.")
        taken = np.arange(first, last + 1)
        if not np.isin(taken, free).all():
            raise DataError(f"{key}: some of the rows {first:,} to {last:,} are test rows.")
        return taken
    count = holdout.count or round((holdout.fraction or 0) * len(free))
    if not 0 < count < len(free):
        raise DataError(f"{key}: cannot hold out {count:,} of {len(free):,} rows: both splits need at least one row.")
    return free[:count] if holdout.take == "first" else free[-count:]


def is_within(part: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return for each span, given its first and last row, whether all its rows belong to the same split."""
    changes = np.concatenate([[0], np.cumsum(np.diff(part.astype(np.int64)) != 0)])
    return changes[first] == changes[last]
