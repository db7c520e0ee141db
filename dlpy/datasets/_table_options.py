"""Options of csv and text_csv, and errors about missing columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator

from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.data.rows import Rows
from dlpy.data.splits import Holdout
from dlpy.data.tables import csv_file
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import dates_of
from dlpy.data.tables.headers import looks_numeric
from dlpy.data.tables.table_format import ANY, TableFormat


def _marked_test(value: Any) -> Any:
    """Return the value with "test" as the default mark: `test: {column: split}` selects the rows marked "test"."""
    return {"value": "test", **value} if isinstance(value, dict) and "column" in value else value


DateOrder = Literal["auto", "day_first", "month_first"]
TestRows = Annotated[Holdout | None, BeforeValidator(_marked_test)]


def in_order_of_time(file: CsvFile, name: str, rows: Rows, order: DateOrder = "auto") -> Rows:
    """Return the rows of a table sorted by date, earliest first; rows of the same time keep their order.

    Raises:
        DataError: a cell is not a date, or day and month cannot be told apart.
    """
    texts = file.texts(name)
    dates = dates_of(texts, month_first=None if order == "auto" else order == "month_first")
    if len(dates.bad):
        row = int(dates.bad[0])
        what = f"'{texts[row]}' is not a date" if texts[row] else "the date is missing"
        raise DataError(f"{file.where(row, name)}: {what}. Rows are sorted by this column; write dates as 2016-12-31.")
    if dates.doubtful:
        hint = "Set data.date_order: day_first or month_first, or write dates as 2016-12-31."
        raise DataError(f"{file.where(0, name)}: '{texts[0]}' could start with the day or the month. {hint}")
    return rows.take(np.argsort(dates.times, kind="stable"))


def check_order(time: str | None, holdouts: dict[str, Holdout | None]) -> None:
    """Raise ValueError if random rows would be held out of rows in time order."""
    for key, holdout in holdouts.items():
        if time and holdout and (holdout.count or holdout.fraction) and holdout.take in (None, "random"):
            raise ValueError(f"{key}: with 'time', random rows cannot be held out: use {{fraction: 0.2, take: last}}")


def no_column(file: CsvFile, key: str, name: str) -> DataError:
    """Return the error about an option that names a column the file does not have."""
    other = _other_delimiter(file)
    hint = f" Its first line contains '{other}': set data.delimiter: \"{other}\"." if other else ""
    return DataError(f"data.{key}: {file.path} has no column '{name}'.{hint or did_you_mean(name, file.names)}")


def no_column_to_predict(file: CsvFile, name: str) -> DataError:
    """Return the error about a column that the run needs and the user's file does not have."""
    bare = all(map(looks_numeric, file.names))
    hint = " Its first line has numbers: add a header line with the names of the columns." if bare else ""
    return DataError(f"{file.path} has no column '{name}'.{hint or did_you_mean(name, file.names)}")


def carried_columns(
    path: Path, names: list[str], form: TableFormat = ANY, usual: Sequence[str] = ()
) -> dict[str, list[str]]:
    """Return columns of a user's table unchanged, to be written beside the predictions.

    Args:
        usual: columns that come first, if the table has them.

    Raises:
        ConfigError: a column does not exist.
    """
    return carried_cells(csv_file.read(path, form), names, usual)


def carried_cells(file: CsvFile, names: list[str], usual: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return columns of a table that was read: see `carried_columns`."""
    for name in names:
        if name not in file.names:
            raise ConfigError(f"--keep {name}: {file.path} has no such column.{did_you_mean(name, file.names)}")
    first = [name for name in usual if name in file.names and name not in names]
    return {name: file.texts(name) for name in (*first, *names)}


def generated_marks(count: int, holdouts: list[Holdout]) -> dict[str, np.ndarray]:
    """Return columns that assign generated rows to the splits that the hold-outs expect."""
    columns = {str(holdout.column): np.full(count, "train", object) for holdout in holdouts}
    for part, holdout in enumerate(holdouts):
        columns[str(holdout.column)][part :: 2 + len(holdouts)] = holdout.value
    return {name: column.astype(np.str_) for name, column in columns.items()}


def _other_delimiter(file: CsvFile) -> str | None:
    """Return the likely delimiter, as written in YAML, of a file that was read as a single column."""
    signs = {sign: sign for sign in ";|,"} | {"\t": "\\t"}
    return next((shown for sign, shown in signs.items() if len(file.names) == 1 and sign in file.names[0]), None)
