"""The columns of dates of a CSV file, read as seconds since 1970."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Table
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import date_of
from dlpy.data.tables.missing_cells import Gaps
from dlpy.datasets._cells import Cells, Filling, check_gaps
from dlpy.datasets._table_options import DateOrder

DateColumns = list[str] | dict[str, DateOrder]

_ISO = re.compile(r"[12]\d{3}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?", re.ASCII)
_EITHER = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}\b.*", re.ASCII)


def orders_of(dates: DateColumns) -> dict[str, DateOrder]:
    """Return the columns of dates, each with the order of day and month."""
    return dates if isinstance(dates, dict) else dict.fromkeys(dates, "auto")


def found_orders(cells: Cells, dates: DateColumns, key: str) -> dict[str, DateOrder]:
    """Return the columns of dates, each with the order of day and month that fits the whole column.

    Args:
        cells: the file.
        dates: the columns as the experiment file lists them.
        key: where it does.

    Raises:
        DataError: both orders fit a column.
    """
    return {
        name: _found_order(cells, name, f"{key}.dates") if order == "auto" else order
        for name, order in orders_of(dates).items()
    }


def with_dates(table: Table, cells: Cells, dates: Mapping[str, DateOrder], filling: Filling) -> Table:
    """Return a table with columns of dates behind its numeric columns.

    Raises:
        DataError: a cell is not a date, or is missing without a rule that fills it.
    """
    columns = [_seconds(cells, name, month_first=order == "month_first") for name, order in dates.items()]
    for name, column in zip(dates, columns, strict=True):
        gaps = Gaps(name, np.flatnonzero(np.isnan(column)).tolist(), cells.markers)
        check_gaps(cells.file, gaps, filling, numeric=True)
    numeric = np.column_stack([table.numeric, *columns])
    return replace(table, numeric=numeric, numeric_names=(*table.numeric_names, *dates), date_names=tuple(dates))


def _seconds(cells: Cells, name: str, *, month_first: bool) -> np.ndarray:
    """Return the dates of a column in seconds since 1970: (rows,) float64, NaN where a cell is missing."""
    texts = cells.file.texts(name)
    distinct = sorted(set(texts).difference(cells.markers))
    times = _read(distinct, month_first=month_first)
    wrong = {text for text, time in zip(distinct, times, strict=True) if np.isnat(time)}
    if wrong:
        raise _no_date(cells.file, name, texts, wrong)
    seconds = dict(zip(distinct, (times.astype(np.int64) / 1e6).tolist(), strict=True))
    return np.array([seconds.get(text, np.nan) for text in texts], np.float64)


def _no_date(file: CsvFile, name: str, texts: Sequence[str], wrong: set[str]) -> DataError:
    row = next(row for row, text in enumerate(texts) if text in wrong)
    hint = "Write it as 2016-12-31, add it to data.missing_values, or remove the column from 'dates'."
    return DataError(f"{file.where(row, name)}: '{texts[row]}' is not a date. {hint}")


def _found_order(cells: Cells, name: str, key: str) -> DateOrder:
    texts = [text for text in cells.file.texts(name) if text not in cells.markers]
    if not any(map(_EITHER.fullmatch, set(texts))):
        return "day_first"  # no date could be read in both ways
    day, month = (_read(texts, month_first=first) for first in (False, True))
    counts = [np.count_nonzero(~np.isnat(times)) for times in (day, month)]
    if counts[0] != counts[1]:
        return "day_first" if counts[0] > counts[1] else "month_first"
    if np.array_equal(day, month, equal_nan=True):
        return "day_first"
    ordered = [_is_ordered(times) for times in (day, month)]
    if ordered[0] != ordered[1]:
        return "day_first" if ordered[0] else "month_first"
    hint = f"Say which: {key}: {{{name}: day_first}} or {{{name}: month_first}}."
    row = next(row for row, text in enumerate(cells.file.texts(name)) if _EITHER.fullmatch(text))
    where, text = cells.file.where(row, name), cells.file.texts(name)[row]
    raise DataError(f"{where}: '{text}' could start with the day or the month, as could all dates. {hint}")


def _read(texts: Sequence[str], *, month_first: bool) -> np.ndarray:
    """Return the times of texts, NaT where one is not a date: (rows,) datetime64[us]."""
    if all(map(_ISO.fullmatch, texts)):  # NumPy reads these 20 times as fast
        with contextlib.suppress(ValueError):  # such as for 2013-02-30
            return np.array(texts, "M8[us]")
    known = {text: date_of(text, month_first=month_first) for text in set(texts)}
    return np.array([np.datetime64("NaT") if (time := known[text]) is None else time for text in texts], "M8[us]")


def _is_ordered(times: np.ndarray) -> bool:
    """Return whether the rows are in order of time."""
    steps = np.diff(times)
    return bool((steps >= np.timedelta64(0)).all() or (steps <= np.timedelta64(0)).all())
