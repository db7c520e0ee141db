"""The last windows of series, of which the rows after them are predicted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.rows import Rows
from dlpy.data.tables.local_time import next_night_of_change
from dlpy.datasets._series_read import ReadSeries
from dlpy.datasets._series_rows import rows_to_predict
from dlpy.datasets._series_spans import spans_of
from dlpy.datasets._series_table import SeriesTable

Tell = Callable[[str], object]

if TYPE_CHECKING:
    from dlpy.datasets.timeseries_csv import TimeseriesCsv


def last_windows(data: TimeseriesCsv, given: ReadSeries, tell: Tell | None) -> Rows:
    """Return the last window of each series, with the times of the steps ahead.

    Args:
        tell: shows which series are left out, since they are too short, end in a gap or a missing cell, or lack values
            known in advance, and what is not known of the times; None: these are errors.

    Raises:
        DataError: this is so for all series, or for one without `tell`.
    """
    table = given.table
    record = table.record
    ends = [
        (first + int(table.observed[first:end].sum()), first, end)
        for first, end in spans_of(record.owner, len(record.values))
    ]
    rows = rows_to_predict(data, table, np.array(_complete(data, table, ends, tell)))
    if record.times is None or table.line.frequency is None:
        return rows
    last = record.times[rows.index - data.delay - 1]
    steps = [np.asarray(table.line.frequency.after(last, step + 1)) for step in range(data.horizon or 1)]
    times = np.stack(steps, axis=1).astype("datetime64[us]")
    if tell is not None and table.line.is_local and (night := next_night_of_change(last.min(), times.max())):
        tell(f"times are local: if the clock is changed on {night}, those after it are off by an hour")
    return replace(rows, columns={**rows.columns, "times": times.astype(np.int64)})


def _complete(
    data: TimeseriesCsv, table: SeriesTable, ends: list[tuple[int, int, int]], tell: Tell | None
) -> list[int]:
    """Return the row after the last window of each series that has one; see `last_windows`.

    Args:
        ends: of each series, the row after its last value, its first row, and the row after all of its rows.
    """
    found, wrong = [], []
    for anchor, first, end in ends:
        try:
            _require_window(data, table, anchor, (first, end))
            found.append(anchor)
        except DataError as error:
            wrong.append(error)
    if wrong and (tell is None or not found):
        raise wrong[0]
    if tell is not None:
        for error in wrong:
            tell(f"not predicted: {error}")
    return found


def _require_window(data: TimeseriesCsv, table: SeriesTable, anchor: int, span: tuple[int, int]) -> None:
    record, (first, end) = table.record, span
    name = f"series '{record.ids[record.owner[first]]}'" if record.owner is not None else "the series"
    if anchor - first < data.lookback:
        raise DataError(f"{name} has {anchor - first:,} rows; a window needs {data.lookback:,}.")
    if not data.is_whole(record, np.array([anchor]), -1).all():
        hint = "Fill them in, or train with data.gaps=fill and data.missing=previous."
        raise DataError(f"the last {data.lookback:,} rows of {name} cross a gap, or the last one lacks a cell. {hint}")
    if data.known and anchor + data.last_step >= end:
        needed = f"{', '.join(data.known)} for {data.last_step + 1:,} rows after the last value"
        raise DataError(f"{name} needs {needed}; the file has {end - anchor:,}. Add them, without a target.")
