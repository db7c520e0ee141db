"""The times in a column of a table with series, in any of the ways in which they are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables import timestamps
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import Dates, date_of, dates_of
from dlpy.data.tables.decimals import number
from dlpy.data.tables.iso_times import iso_times
from dlpy.datasets._table_options import DateOrder, no_column

_YEARS = (1_000, 2_999)  # whole numbers that are years, not seconds since 1970
_EXCEL = (20_000, 80_000)  # days, not seconds since 1970
_DAY_DIGITS = 8  # of 20161231
_SHORT_DIGITS = 6  # of 161231
_LAST_OF_2000 = 68  # two digits of a year above it are of the century before
_ORDER_HINT = "Set data.date_order: day_first or month_first, or write dates as 2016-12-31."
_ROWS_IN_ORDER = 20  # for each that is earlier than the row before


def read_times(texts: Sequence[str], order: DateOrder = "auto") -> tuple[Dates, int | None]:
    """Return the times of a column, and the first row that is not one."""
    if (times := iso_times(texts)) is not None:
        return Dates(times), None
    numbers = [number(text) for text in texts]
    if all(value is not None and value % 1 == 0 and _YEARS[0] <= value <= _YEARS[1] for value in numbers):
        years = np.array([int(value or 0) - 1970 for value in numbers])
        return Dates(years.astype("datetime64[Y]").astype("datetime64[us]")), None
    if (days := excel_days(numbers)) is not None:
        return Dates(days), None
    if (days := short_days(texts)) is not None:
        return Dates(days), None
    if None in numbers or all(len(text) == _DAY_DIGITS for text in texts):
        dates = dates_of(texts, month_first=None if order == "auto" else order == "month_first")
        if not len(dates.bad):
            return dates, None
    times, wrong = timestamps.times_of(texts)
    return Dates(times), wrong


def short_days(texts: Sequence[str]) -> np.ndarray | None:
    """Return the times of six digits each, such as 800102 for 1980-01-02, or None unless all are dates in order.

    Series stand one below the other: up to one row in twenty may be earlier than the row before.
    """
    if not texts or not all(len(text) == _SHORT_DIGITS and text.isascii() and text.isdigit() for text in texts):
        return None
    numbers = np.array(texts, np.int64)
    year, month, day = numbers // 10_000, numbers // 100 % 100, numbers % 100
    if month.min() < 1 or month.max() > 12 or day.min() < 1:
        return None
    months = 12 * (year + np.where(year > _LAST_OF_2000, -70, 30)) + month - 1
    times = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)
    if (times.astype("datetime64[M]") != months.astype("datetime64[M]")).any():
        return None  # such as February 30
    is_in_order = np.sum(np.diff(times) < np.timedelta64(0)) * _ROWS_IN_ORDER <= len(times)
    return times.astype("datetime64[us]") if is_in_order else None


def excel_days(numbers: Sequence[float | None]) -> np.ndarray | None:
    """Return the times of numbers that all are Excel's days since 1899-12-30, of the years 1954 to 2119, or None."""
    if not all(value is not None and _EXCEL[0] <= value <= _EXCEL[1] for value in numbers):
        return None
    seconds = np.rint(np.array(numbers, float) * 86_400).astype("timedelta64[s]")
    return (np.datetime64("1899-12-30", "s") + seconds).astype("datetime64[us]")


def read_dates(file: CsvFile, name: str, order: DateOrder) -> Dates:
    """Return the times in a column of a file.

    Raises:
        DataError: a cell is not a time.
    """
    if name not in file.names:
        raise no_column(file, "time", name)
    texts = file.texts(name)
    dates, wrong = read_times(texts, order)
    if wrong is not None:
        raise _no_time(file, name, wrong)
    if dates.doubtful:
        raise DataError(f"{file.where(0, name)}: '{texts[0]}' could start with the day or the month. {_ORDER_HINT}")
    return dates


def times_like(dates: Dates, first: str, head: CsvFile, file: CsvFile, name: str) -> np.ndarray:
    """Return the times in a column of a file, read as those of the first rows of it were.

    Args:
        dates: those of the first rows.
        first: the first cell of these.
        head: these rows.
        file: other rows.
        name: the column.

    Raises:
        DataError: a cell is not a time, or is written in another way.
    """
    order: DateOrder = "auto" if not dates.has_order else "month_first" if dates.month_first else "day_first"
    texts = file.texts(name)
    found, wrong = read_times([first, *texts], order)  # the form of all cells decides how each is read
    if dates.has_order and (wrong is not None or not found.has_order):
        _refuse_other_order(dates, head, file, name)
    if wrong is not None:
        raise _no_time(file, name, max(0, wrong - 1))
    if found.has_order and not dates.has_order:  # the first rows say nothing of it
        raise DataError(
            f"{file.where(0, name)}: dates from here on could start with the day or the month. {_ORDER_HINT}"
        )
    if found.times[0] != dates.times[0]:
        hint = "Write all times in the same way, as 2016-12-31 23:50:00."
        raise DataError(f"{file.where(0, name)}: times from here on are written in another way. {hint}")
    return found.times[1:]


def _refuse_other_order(dates: Dates, head: CsvFile, file: CsvFile, name: str) -> None:
    """Raise DataError for a time that only makes sense with day and month in the other order than the first rows."""
    for row, text in enumerate(file.texts(name)):
        if date_of(text, month_first=dates.month_first) is None and date_of(text, month_first=not dates.month_first):
            first, second = ("month", "day") if dates.month_first else ("day", "month")
            there = f"{file.where(row, name)}: '{text}' starts with the {second}"
            raise DataError(f"{there}, and {_shown_order(dates, head, name)} with the {first}. Write all dates alike.")


def _shown_order(dates: Dates, head: CsvFile, name: str) -> str:
    """Return the first of the first rows whose time makes sense in one order alone, in words."""
    for row, text in enumerate(head.texts(name)):
        if date_of(text, month_first=not dates.month_first) is None:
            return f"'{text}' in line {head.body.line(row)}"
    return "the first rows"


def _no_time(file: CsvFile, name: str, row: int) -> DataError:
    text = file.cell(row, name)
    hint = "Expected for example 2016-12-31 23:50:00, 31.12.2016 23:50:00 or seconds since 1970."
    what = f"'{text}' is not a timestamp" if text else "the timestamp is missing"
    return DataError(f"{file.where(row, name)}: {what}. {hint}")
