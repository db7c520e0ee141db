"""Sorts the columns of a table into numbers, categories, dates and texts, with reasons for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.data.tables import column_types, timestamps
from dlpy.data.tables.column_types import MOST_TEXTS, Column, formatted
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import Dates, dates_of
from dlpy.data.tables.found_formats import find_format
from dlpy.data.tables.understood import Understood, are_codes, dates_among, understood
from dlpy.datasets._series_stamps import excel_days, short_days
from dlpy.starter.identifiers import different, first_cell, identifies, is_constant, names_groups, such
from dlpy.starter.wording import plural

_MOSTLY = 0.95  # of the cells
_MOST_STRAYS = 0.05  # of the cells: more texts among numbers than this are not taken for missing cells
_YEARS, _NAMED_YEARS = range(1_500, 2_200), range(1_000, 2_200)  # numbers from 1,000 on are rather those of rows
_IN_TURN = 0.9  # of the rows, a year after the row before: series one below the other
_FIRST_DAY, _LAST_DAY = 19_000_101, 22_001_231


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

    kinds: what each is taken for, and why. ids: columns that identify rows. unused: columns that are left out, with an
    example cell. Of both, the texts are the reasons. orders: of day and month, of the dates that need one.
    doubtful: categories that could have been meant as numbers.
    """

    numeric: list[str] = field(default_factory=list)
    categories: dict[str, list[str]] = field(default_factory=dict)
    dates: dict[str, Dates] = field(default_factory=dict)
    prose: dict[str, list[str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, tuple[str, str]] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)


def read_columns(file: CsvFile, columns: Mapping[str, Column], choices: Choices) -> dict[str, Column]:
    """Return the columns, with the cells of those that hold numbers with signs, units or a few other texts as numbers.

    The other texts are taken for missing cells if they are few.
    """
    return {
        name: column if name in choices.categorical else _as_numbers(file, column) for name, column in columns.items()
    }


def _as_numbers(file: CsvFile, column: Column) -> Column:
    if column.is_numeric or len(column.missing) == len(file) or dates_among(file.texts(column.name), column.markers):
        return column
    finding = find_format(file, column)
    form, strays = finding.format, Counter(finding.strays)
    if (
        form is None
        or finding.doubt
        or (strays and are_codes(column, finding))
        or strays.total() > _MOST_STRAYS * len(file)
    ):
        return column
    if strays and finding.different <= column_types.MOST_CLASSES:
        return column
    whole = form.model_copy(update={"missing": [*form.missing, *strays]})
    return formatted(file, column, whole)


def look(file: CsvFile, columns: Mapping[str, Column], names: Sequence[str], choices: Choices) -> Columns:
    """Return the named columns, sorted by kind."""
    found = Columns()
    for name in names:
        _sort(file, columns[name], choices, found)
    return found


def _sort(file: CsvFile, column: Column, choices: Choices, found: Columns) -> None:
    """Add a column to `found`."""
    name = column.name
    reason = _left_out(file, column, choices)
    if reason:
        kind = "nothing" if len(column.missing) == len(file) else "number" if column.is_numeric else "text"
        found.unused[name], found.kinds[name] = reason, (kind, reason)
        return
    if name in choices.categorical:
        found.categories[name], found.kinds[name] = file.texts(name), ("category", "--categorical")
        return
    identity = identifies(file, column)
    if identity:
        found.ids[name], found.kinds[name] = identity, ("identifier", identity)
        return
    known, dates = understood(file, column), dates_in(file, column)
    if known.kind == "date" or dates is not None:
        _add_dates(file, column, known, dates, found)
    elif known.kind != "code" and names_groups(file, column):
        found.categories[name] = file.texts(name)
        found.kinds[name] = (
            "category",
            f"{plural(different(file, column), 'number')}, names by the name of the column",
        )
    elif column.is_numeric and known.kind != "code":
        found.numeric.append(name)
        found.kinds[name] = ("number", _about_numbers(column, known))
    else:
        _sort_texts(file, column, known, found)


def _add_dates(file: CsvFile, column: Column, known: Understood, dates: Dates | None, found: Columns) -> None:
    """Add a column of dates to `found`: to the unused ones if day and month cannot be told apart."""
    name = column.name
    if dates is None or known.doubt:
        why = f"{_plainly(known, name)}: data.dates: {{{name}: day_first}}" if known.doubt else known.description
        found.unused[name], found.kinds[name] = why, ("date", why)
        return
    found.dates[name] = dates
    if known.order is not None:
        found.orders[name] = known.order
    first, last = (str(time.astype("datetime64[D]")) for time in (np.nanmin(dates.times), np.nanmax(dates.times)))
    told = known.description if known.kind == "date" else f"dates, {first} to {last}"
    found.kinds[name] = ("date", told)


def _plainly(known: Understood, name: str) -> str:
    """Return what is in doubt about a column, without its name in front."""
    return known.doubt.removeprefix(f"Column {name}: ").removesuffix(".")


def _about_numbers(column: Column, known: Understood) -> str:
    return known.description if column.format is None else column.format.described()


def _sort_texts(file: CsvFile, column: Column, known: Understood, found: Columns) -> None:
    """Add a column of texts to `found`: to the categories, or to the unused ones if nearly all texts differ."""
    name, cells = column.name, file.texts(column.name)
    given = {*cells} - {*column.markers}
    count = f"{plural(len(given), 'different text')} in {plural(len(cells), 'row')}"
    if len(given) <= min(MOST_TEXTS, len(cells) / 2) and not column_types.is_prose(cells):
        what = "code" if known.kind == "code" else "category"
        found.categories[name], found.kinds[name] = cells, (what, known.description if what == "code" else count)
        found.doubtful.extend([name] if known.doubt else [])
        return
    doubt = f"; {_plainly(known, name)}" if known.doubt else such(file, column)
    found.unused[name], found.kinds[name] = f"{count}{doubt}", ("text", f"{count}{doubt}")
    if column_types.is_prose(cells):
        found.prose[name] = cells


def dates_in(file: CsvFile, column: Column) -> Dates | None:
    """Return the dates of a column in which nearly all cells are dates; None for any other column."""
    if column.is_numeric:
        return None if column.format is not None else _dates_as_numbers(file, column)
    return dates_among(file.texts(column.name), column.markers)


def told(unused: Mapping[str, str]) -> list[str]:
    """Return a line for each column that is left out."""
    return [f"Not used: {name} ({reason})" for name, reason in unused.items()]


def _left_out(file: CsvFile, column: Column, choices: Choices) -> str:
    """Return why a column is left out whatever its kind, or an empty text."""
    share = len(column.missing) / len(file)
    if column.name in choices.ignore:
        return f"left out by --ignore{such(file, column)}"
    if share == 1:
        text = file.texts(column.name)[0]
        return f"every cell is missing, such as '{text}'" if text else "every cell is empty"
    if share >= _MOSTLY:
        return f"{share:.0%} of the cells are missing{such(file, column)}"
    if column.name in file.index and column.name not in choices.categorical:
        return f"it has no name, and only labels the rows{such(file, column)}"
    if is_constant(file, column):
        rows = "every row that has a value" if column.missing else "every row"
        return f"'{first_cell(file, column)}' in {rows}"
    return ""


def _dates_as_numbers(file: CsvFile, column: Column) -> Dates | None:
    """Return the dates of a column such as 20120131, seconds since 1970 or, if the rows are in order, years."""
    if column.missing:
        return None
    name, values, steps = column.name.lower(), column.values, np.diff(column.values)
    if name.endswith(("date", "day", "time")) and (days := excel_days(values.tolist())) is not None:
        return Dates(days)
    if (values != np.floor(values)).any():
        return None
    years = _NAMED_YEARS if name in ("year", "yr", "time") else _YEARS
    if values.min() >= years.start and values.max() < years.stop and _are_years(name, steps):
        return dates_of([str(int(year)) for year in values])  # such as 1700.0
    if (days := short_days(file.texts(column.name))) is not None:
        return Dates(days)
    if values.min() >= _FIRST_DAY and values.max() <= _LAST_DAY:
        dates = dates_of(file.texts(column.name))
        return None if len(dates.bad) else dates
    if not any(word in name for word in ("time", "date", "stamp", "epoch")):
        return None
    times = timestamps.time_line(file.texts(column.name))
    return None if times is None else Dates(times)


def _are_years(name: str, steps: np.ndarray) -> bool:
    """Return whether numbers in the range of years are some by the name of their column and the steps between rows."""
    if name in ("year", "yr") and ((steps > 0).all() or (steps < 0).all() or np.mean(steps == 1) >= _IN_TURN):
        return True
    return bool((steps == 1).all() or (steps == -1).all())
