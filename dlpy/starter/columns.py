"""Sorts the columns of a table into numbers, categories, dates and texts, with reasons for unused ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dlpy.core.errors import ConfigError, DataError, did_you_mean, shortened
from dlpy.data.tables import column_types, signed_numbers, timestamps
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import UNNAMED, CsvFile
from dlpy.data.tables.dates import Dates, dates_of
from dlpy.starter.wording import plural

_MOST_CATEGORIES = 100
_MOSTLY = 0.95  # of the cells
_EXAMPLE = 40  # characters
_COUNTING = (
    "id",
    "index",
    "idx",
    "row",
    "rowid",
    "row_id",
    "rownum",
    "nr",
    "no",
    "no.",
    "obs",
    "number",
    "#",
    "key",
    "pk",
)
_IDENTIFIER = re.compile(r"(?:^|[\W_])(?i:id|uuid|guid|key|pk|isbn|ean|sku)$|(?<=[a-z])(?:Id|ID|Key|Guid)$")
_YEARS = range(1_500, 2_200)
_FIRST_DAY, _LAST_DAY = 19_000_101, 22_001_231
_PEEK = 200  # cells


@dataclass(frozen=True)
class Choices:
    """The column options of the command line.

    ignore: columns to leave out. categorical: columns to treat as categories. missing: extra texts that mark a missing
    cell.
    """

    ignore: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def check(self, names: Sequence[str], path: Path) -> None:
        """Raise ConfigError if the table lacks a named column, or if it is both ignored and categorical."""
        both = next((name for name in self.ignore if name in self.categorical), None)
        if both is not None:
            raise ConfigError(f"--ignore and --categorical both name '{both}': leave one of them out.")
        for option in ("ignore", "categorical"):
            for name in getattr(self, option):
                if name not in names:
                    raise ConfigError(f"--{option}: {path} has no column '{name}'.{did_you_mean(name, names)}")


@dataclass(frozen=True)
class Columns:
    """The columns other than the target, by kind.

    ids: columns that identify rows, with the reason. unused: the reason why a column is left out, with an example cell.
    """

    numeric: list[str] = field(default_factory=list)
    categories: dict[str, list[str]] = field(default_factory=dict)
    dates: dict[str, Dates] = field(default_factory=dict)
    prose: dict[str, list[str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)


def look(file: CsvFile, columns: Mapping[str, Column], names: Sequence[str], choices: Choices) -> Columns:
    """Return the named columns, sorted by kind.

    Raises:
        DataError: a column holds numbers with a few exceptions.
    """
    found = Columns()
    for name in names:
        column = columns[name]
        reason = _left_out(file, column, choices)
        identity = "" if reason or name in choices.categorical else identifies(file, column)
        dates = None if reason or identity or name in choices.categorical else dates_in(file, column)
        if reason:
            found.unused[name] = reason
        elif identity:
            found.ids[name] = identity
        elif dates is not None:
            found.dates[name] = dates
        elif name not in choices.categorical and is_numeric(file, column, f"--ignore {name} leaves it out"):
            found.numeric.append(name)
        else:
            _sort_texts(file, column, choices, found)
    return found


def _sort_texts(file: CsvFile, column: Column, choices: Choices, found: Columns) -> None:
    """Add a text column to `found`: to the categories, or to the unused ones if nearly all texts differ."""
    cells = file.texts(column.name)
    different = len(set(cells))
    if column.name in choices.categorical or different <= min(_MOST_CATEGORIES, len(cells) / 2):
        found.categories[column.name] = cells
        return
    count = f"{plural(different, 'different text')} in {plural(len(cells), 'row')}"
    found.unused[column.name] = f"{count}{_such(file, column)}"
    if column_types.is_prose(cells):
        found.prose[column.name] = cells


def is_numeric(file: CsvFile, column: Column, otherwise: str) -> bool:
    """Return whether a column holds numbers.

    Args:
        otherwise: another way to handle such a column, for the message.

    Raises:
        DataError: it holds numbers with signs (such as $) or a few other texts.
    """
    if column.is_numeric:
        return True
    cells = file.texts(column.name)
    wrong = signed_numbers.look(cells, column.markers)
    if wrong is None:
        return False
    shown = [f"'{shortened(cells[row], _EXAMPLE)}' (line {file.body.line(row)})" for row in wrong.rows]
    number = (
        "" if wrong.plain is None else f", such as {wrong.plain:g} for '{shortened(cells[wrong.rows[0]], _EXAMPLE)}'"
    )
    only = "" if wrong.only is None else f" --missing '{wrong.only}' treats it as a missing cell."
    raise DataError(
        f"{file.where(wrong.rows[0], column.name)} holds numbers except for {', '.join(shown)}. The column may be "
        f"important, so dlpy new does not guess: write plain numbers into the file{number}.{only} --categorical "
        f"{column.name} treats its texts as categories, {otherwise}."
    )


def dates_in(file: CsvFile, column: Column) -> Dates | None:
    """Return the dates of a column in which nearly all cells are dates; None for any other column."""
    if column.is_numeric:
        return _dates_as_numbers(file, column)
    cells = file.texts(column.name)
    given = [cell for cell in cells if cell not in column.markers]
    peek = dates_of(given[:_PEEK])
    if not given or len(peek.bad) > (1 - _MOSTLY) * len(peek.times):
        return None
    dates = dates_of(cells)
    return dates if len(cells) - len(dates.bad) >= _MOSTLY * len(given) else None


def told(unused: Mapping[str, str]) -> list[str]:
    """Return a line for each column that is left out."""
    return [f"Not used: {name} ({reason})" for name, reason in unused.items()]


def _such(file: CsvFile, column: Column) -> str:
    """Return ", such as" and an example cell of the column."""
    missing = set(column.missing)
    row = next((row for row in range(len(file)) if row not in missing), 0)
    return f", such as '{shortened(file.texts(column.name)[row], _EXAMPLE)}'"


def _left_out(file: CsvFile, column: Column, choices: Choices) -> str:
    """Return why a column is left out whatever its kind, or an empty text."""
    share = len(column.missing) / len(file)
    if column.name in choices.ignore:
        return f"left out by --ignore{_such(file, column)}"
    if share == 1:
        text = file.texts(column.name)[0]
        return f"every cell is missing, such as '{text}'" if text else "every cell is empty"
    if share >= _MOSTLY:
        return f"{share:.0%} of the cells are missing{_such(file, column)}"
    if UNNAMED.fullmatch(column.name) and column.name not in choices.categorical and _counts(column):
        return f"a row number{_such(file, column)}"
    if not column.missing and is_constant(file, column):
        return f"'{shortened(file.texts(column.name)[0], _EXAMPLE)}' in every row"
    return ""


def is_constant(file: CsvFile, column: Column) -> bool:
    """Return whether a column has the same value in every row that has one."""
    return different(file, column) == 1


def different(file: CsvFile, column: Column) -> int:
    """Return the number of distinct values, without missing cells."""
    if column.is_numeric:
        return len(np.unique(column.values[~np.isnan(column.values)]))
    return len({*file.texts(column.name)} - {*column.markers})


def identifies(file: CsvFile, column: Column) -> str:
    """Return why a column is an identifier of the rows; empty if it is none.

    It is one if its name says so and every row has a value of its own: a whole number, or a code without blanks.
    """
    if column.missing:
        return ""
    if column.name.lower() in _COUNTING and _counts(column):
        return f"a row number{_such(file, column)}"
    if not _IDENTIFIER.search(column.name):
        return ""
    if column.is_numeric:
        return f"a different number in every row{_such(file, column)}" if column_types.counts_rows(column) else ""
    cells = file.texts(column.name)
    differ = len(set(cells)) == len(cells) and not any(" " in cell for cell in cells)
    return f"a different code in every row{_such(file, column)}" if differ else ""


def _counts(column: Column) -> bool:
    """Return whether a column counts the rows, starting at any number."""
    return column.is_numeric and not column.missing and bool((np.diff(column.values) == 1).all())


def _dates_as_numbers(file: CsvFile, column: Column) -> Dates | None:
    """Return the dates of a column such as 20120131, seconds since 1970 or, if the rows are in order, years."""
    if column.missing or (column.values != np.floor(column.values)).any():
        return None
    name, values, steps = column.name.lower(), column.values, np.diff(column.values)
    if name in ("year", "yr") and values.min() >= _YEARS.start and values.max() < _YEARS.stop:
        return dates_of(file.texts(column.name)) if (steps > 0).all() or (steps < 0).all() else None
    if values.min() >= _FIRST_DAY and values.max() <= _LAST_DAY:
        dates = dates_of(file.texts(column.name))
        return None if len(dates.bad) else dates
    if not any(word in name for word in ("time", "date", "stamp", "epoch")):
        return None
    times = timestamps.time_line(file.texts(column.name))
    return None if times is None else Dates(times)
