"""What csv and text_csv share: options, and what is said of a column that is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field

from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.data.rows import Rows
from dlpy.data.splits import Holdout
from dlpy.data.tables import csv_file
from dlpy.data.tables.csv_file import UNNAMED, CsvFile
from dlpy.data.tables.dates import dates_of


def _marked_test(value: Any) -> Any:
    """Let `test: {column: split}` mean the rows that say "test"."""
    return {"value": "test", **value} if isinstance(value, dict) and "column" in value else value


def _single_sign(delimiter: str) -> str:
    if not delimiter.isascii() or delimiter in '"\n\r.-+' or delimiter.isalnum():
        raise ValueError('expected the sign between cells, such as "," or ";" or "\\t"')
    return delimiter


TestRows = Annotated[Holdout | None, BeforeValidator(_marked_test)]
Delimiter = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_single_sign)]


def in_order_of_time(file: CsvFile, name: str, rows: Rows) -> Rows:
    """Return the rows of a table by their dates, the earliest first; rows of the same time keep their order.

    Raises:
        DataError: a cell holds no date, or day and month cannot be told apart.
    """
    texts = file.texts(name)
    dates = dates_of(texts)
    if len(dates.bad):
        row = int(dates.bad[0])
        what = f"'{texts[row]}' is no date" if texts[row] else "the date is missing"
        raise DataError(f"{file.where(row, name)}: {what}. Rows are put in its order: expected such as 2016-12-31.")
    if dates.doubtful:
        hint = "Write dates as 2016-12-31."
        raise DataError(f"{file.where(0, name)}: '{texts[0]}' may begin with the day or with the month. {hint}")
    return rows.take(np.argsort(dates.times, kind="stable"))


def check_order(time: str | None, holdouts: dict[str, Holdout | None]) -> None:
    """Raise ValueError where random rows are held out of rows in time."""
    for key, holdout in holdouts.items():
        if time and holdout and (holdout.count or holdout.fraction) and holdout.take in (None, "random"):
            raise ValueError(f"{key}: with 'time' the rows are in its order: say {{fraction: 0.2, take: last}}")


def require_names(file: CsvFile, columns: list[str]) -> None:
    """Raise DataError for a column without a name that nobody lists: it often is a running number."""
    found = [name for name in columns if file.unnamed and UNNAMED.fullmatch(name)]
    if found:
        place = int(found[0].partition(" ")[2]) + 1
        hint = f"Name it, or list it as '{found[0]}' where columns are listed."
        raise DataError(f"{file.path.name}:1: column {place} has no name. {hint}")


def no_column(file: CsvFile, key: str, name: str) -> DataError:
    """Return the error about a column that an option names and the file lacks."""
    other = _other_delimiter(file)
    hint = f" Its first line holds '{other}': set data.delimiter: \"{other}\"." if other else ""
    return DataError(f"data.{key}: {file.path} has no column '{name}'.{hint or did_you_mean(name, file.names)}")


def no_column_to_predict(file: CsvFile, name: str, delimiter: str) -> DataError:
    """Return the error about a column that a run needs and a user's file lacks."""
    other = _other_delimiter(file)
    hint = f" Its first line holds '{other}', but the run's tables are cut at '{delimiter}'." if other else ""
    return DataError(f"{file.path} has no column '{name}'.{hint or did_you_mean(name, file.names)}")


def carried_columns(path: Path, delimiter: str, names: list[str]) -> dict[str, list[str]]:
    """Return columns of a user's table, as they are, to be put beside predictions.

    Raises:
        ConfigError: there is no such column.
    """
    file = csv_file.read(path, delimiter)
    for name in names:
        if name not in file.names:
            raise ConfigError(f"--keep {name}: {path} has no such column.{did_you_mean(name, file.names)}")
    return {name: file.texts(name) for name in names}


def generated_marks(count: int, holdouts: list[Holdout]) -> dict[str, np.ndarray]:
    """Return columns that mark generated rows as the hold-outs want them."""
    columns = {str(holdout.column): np.full(count, "train", object) for holdout in holdouts}
    for part, holdout in enumerate(holdouts):
        columns[str(holdout.column)][part :: 2 + len(holdouts)] = holdout.value
    return {name: column.astype(np.str_) for name, column in columns.items()}


def _other_delimiter(file: CsvFile) -> str | None:
    """Return the sign, as YAML writes it, that seems to stand between the cells of what was read as one column."""
    signs = {sign: sign for sign in ";|,"} | {"\t": "\\t"}
    return next((shown for sign, shown in signs.items() if len(file.names) == 1 and sign in file.names[0]), None)
