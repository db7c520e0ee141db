"""Whole series in a table: one row for each step (long), or one row for each series (wide)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.datasets._cells import Cells
from dlpy.datasets._series_columns import is_numeric, numbers
from dlpy.datasets._series_stamps import read_times
from dlpy.datasets._table_options import DateOrder
from dlpy.datasets._whole_series import Collection


def channels_of(cells: Cells, taken: Iterable[str]) -> list[str]:
    """Return the numeric columns of a table that have no other use.

    Raises:
        DataError: there are none.
    """
    file = cells.file
    free = [name for name in file.names if name not in {*taken, *file.index}]
    found = [name for name in free if is_numeric(file, cells.columns[name])]
    if not found:
        raise DataError(f"{file.path.name} has no numeric columns; a series needs at least one.")
    return found


def owners_of(file: CsvFile, of: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the names of the series in the order of the file, the first row of each, and the number of each row's.

    Raises:
        DataError: a row has no name.
    """
    texts = file.texts(of)
    if "" in texts:
        where = file.where(texts.index(""), of)
        raise DataError(f"{where}: the cell is missing. Each row needs the name of its series.")
    names, first, owner = np.unique(np.array(texts, np.str_), return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return names[order].tolist(), first[order], number[owner.reshape(-1)]


def require_constant(file: CsvFile, name: str, owner: np.ndarray, first: np.ndarray, of: str) -> None:
    """Raise DataError if a column, such as that of the label, differs within a series.

    Args:
        owner: the number of each row's series. first: the first row of each series. of: the column with their names.
    """
    cells = np.array(file.texts(name), np.str_)
    wrong = np.flatnonzero(cells != cells[first][owner])
    if len(wrong):
        row = int(wrong[0])
        began = f"series '{file.texts(of)[row]}' began with '{cells[first[owner[row]]]}'"
        hint = "A series has one; if each row has its own, use labelled_series."
        raise DataError(f"{file.where(row, name)}: '{cells[row]}', but {began}. {hint}")


def long_series(cells: Cells, of: str, time: tuple[str | None, DateOrder], channels: Sequence[str]) -> Collection:
    """Return the series of a table with one row for each step.

    Args:
        of: the column with the name of each row's series.
        time: the column that orders the rows of a series, None for the order of the file, and how dates are written.

    Raises:
        DataError: a cell is not a number or not a time, or a time is repeated within a series.
    """
    file, columns = cells.file, cells.columns
    names, _, owner = owners_of(file, of)
    values = numbers(file, columns, channels)
    order = np.argsort(owner, kind="stable")
    if time[0] is not None:
        times = times_to_sort(file, columns[time[0]], time[1])
        order = np.lexsort((times, owner))
        again = np.flatnonzero((np.diff(owner[order]) == 0) & (times[order][1:] == times[order][:-1]))
        if len(again):
            row = int(order[again[0] + 1])
            where, text = file.where(row, time[0]), file.texts(time[0])[row]
            raise DataError(f"{where}: '{text}' occurs twice in series '{names[owner[row]]}': keep one of the rows.")
    ends = np.cumsum(np.bincount(owner))[:-1]
    return Collection(names, np.split(values[order], ends), [*channels])


def wide_series(cells: Cells, steps: Sequence[str], names: Sequence[str]) -> Collection:
    """Return the series of a table with one row for each series; empty cells at its end follow the end of a series.

    Args:
        steps: the columns with the values, in order of time.
        names: of the series.

    Raises:
        DataError: a cell is not a number.
    """
    values = numbers(cells.file, cells.columns, steps)
    known = ~np.isnan(values)
    lengths = np.where(known.any(axis=1), len(steps) - known[:, ::-1].argmax(axis=1), 0)
    return Collection([*names], [row[:end, None] for row, end in zip(values, lengths, strict=True)], ["value"])


def times_to_sort(file: CsvFile, column: Column, order: DateOrder) -> np.ndarray:
    """Return what rows are sorted by: numbers, such as seconds or positions, or times."""
    if column.missing:
        raise DataError(f"{file.where(column.missing[0], column.name)}: the time is missing: rows are sorted by it.")
    if column.is_numeric:
        return column.values
    texts = file.texts(column.name)
    dates, wrong = read_times(texts, order)
    if wrong is not None:
        hint = "Expected a number, or for example 2016-12-31 23:50:00."
        raise DataError(f"{file.where(wrong, column.name)}: '{texts[wrong]}' is no time. {hint}")
    if dates.doubtful:
        hint = "Set data.date_order: day_first or month_first, or write dates as 2016-12-31."
        raise DataError(f"{file.where(0, column.name)}: '{texts[0]}' could start with the day or the month. {hint}")
    return dates.times.astype(np.int64)
