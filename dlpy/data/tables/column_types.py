"""Column types of a CSV file: numbers or text, and missing cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dlpy.core.errors import DataError, did_you_mean, shortened
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.tables.csv_file import CsvFile, Odd
from dlpy.data.tables.decimals import number
from dlpy.data.tables.missing_cells import MISSING, Gaps

MOST_CLASSES = 20  # more distinct integers than this are not taken for classes
MOST_TEXTS = 1000  # more distinct texts than this are not taken for categories or classes
STRAY_SHARE = 0.1  # text in at most this share of a numeric column is treated as a mistake
_WORDS_OF_PROSE = 5
_MOST_REPEATED = 100


@dataclass(frozen=True)
class Column:
    """A column read as numbers.

    values: (rows,) float64, NaN where a cell is missing or not a number. missing: rows without a value.
    bad: rows that contain text; the list is cut off as soon as the column is clearly a text column.
    markers: texts that mark a missing cell. odd: the cells that are not plain decimals, as written. format: how the
    cells are written, if they are not plain numbers.
    """

    name: str
    values: np.ndarray
    missing: list[int]
    bad: list[tuple[int, str]]
    markers: tuple[str, ...] = MISSING
    odd: Odd = field(default_factory=Odd)
    format: CellFormat | None = None

    @property
    def gaps(self) -> Gaps:
        """The missing cells."""
        return Gaps(self.name, self.missing, self.markers)

    @property
    def is_numeric(self) -> bool:
        """Whether every cell that is not missing is a number."""
        return not self.bad


def columns_of(
    file: CsvFile, missing: Sequence[str] = MISSING, names: Sequence[str] | None = None
) -> dict[str, Column]:
    """Return the given columns, or all, by name; cells that contain one of `missing` have no value."""
    names = file.names if names is None else names
    values, odd = file.body.numbers(None if names == file.names else [file.names.index(name) for name in names])
    read = file.format.number
    numbers = [value for text in missing if (value := number(text)) is not None]
    columns = {}
    for position, name in enumerate(names):
        column = values[:, position]
        gaps, bad = _look_at(column, odd[position], frozenset(missing), read)
        for value in numbers:
            gaps += np.flatnonzero(column == value).tolist()
        column[gaps] = np.nan
        columns[name] = Column(name, column, sorted(gaps), bad, tuple(missing), odd[position])
    return columns


def in_given_formats(
    file: CsvFile, columns: Mapping[str, Column], formats: Mapping[str, CellFormat]
) -> dict[str, Column]:
    """Return the columns, those with a format read in it."""
    given = {name: form for name, form in formats.items() if name in columns}
    return {**columns, **{name: formatted(file, columns[name], form) for name, form in given.items()}}


def formatted(file: CsvFile, column: Column, form: CellFormat) -> Column:
    """Return a column whose cells are written in a format; cells that are not are its `bad` ones."""
    whole = form.kind != "number" or form.decimal != "."
    rows = list(range(len(file))) if whole else column.odd.rows
    texts = file.texts(column.name) if whole else column.odd.texts
    known = {text: form.value(text) for text in set(texts)}
    gaps, bad, values = set(column.missing), [], column.values.copy()
    for row, text in zip(rows, texts, strict=True):
        value = known[text]
        if row in gaps or (value is None and text in column.markers):
            value = np.nan
        elif value is None:
            bad.append((row, text))
        values[row] = np.nan if value is None else value
    missing = np.flatnonzero(np.isnan(values))
    wrong = {row for row, _ in bad}
    found = [row for row in missing.tolist() if row not in wrong]
    return replace(column, values=values, missing=found, bad=bad, format=form)


def _look_at(
    column: np.ndarray, odd: Odd, missing: frozenset[str], read: Callable[[str], float | None]
) -> tuple[list[int], list[tuple[int, str]]]:
    """Fill the column with the numbers among the odd cells; return the missing rows and the rows that contain text."""
    gaps = [row for row, text in zip(odd.rows, odd.texts, strict=True) if text in missing]
    bad = []
    for row, text in zip(odd.rows, odd.texts, strict=True):
        value = None if text in missing else read(text)
        column[row] = np.nan if value is None else value
        if value is None and text not in missing:
            bad.append((row, text))
            if len(bad) > max(STRAY_SHARE * len(column), 5):
                break
    return gaps, bad


def guess_numeric(file: CsvFile, column: Column) -> bool:
    """Return whether a column is numeric.

    Raises:
        DataError: nearly all cells are numbers, but a few are not.
    """
    if column.format is not None:
        return True
    if column.bad and _has_decimal_comma(column.bad[0][1]):
        raise bad_cell(file, column)
    few = len(column.bad) <= STRAY_SHARE * len(column.values)
    if column.bad and few and len(np.unique(column.values[~np.isnan(column.values)])) > MOST_CLASSES:
        raise bad_cell(file, column)
    return column.is_numeric


def bad_cell(file: CsvFile, column: Column) -> DataError:
    """Return the error about the first cell that is not a number."""
    row, text = column.bad[0]
    if column.format is not None:
        known = f"data.formats.{column.name}"
        return DataError(
            f"{file.where(row, column.name)}: '{shortened(text, 40)}' does not fit {known}: "
            f"{column.format.described()}. Correct it, or add it to {known}.missing."
        )
    what = "is not finite" if text.lower().lstrip("+-") in ("inf", "infinity") else "is not a number"
    hint = "Write decimals with a dot. " if _has_decimal_comma(text) else ""
    near = did_you_mean(text, MISSING).partition(" Known")[0].strip()
    hint += f"{near} " if near else ""
    shown = text if len(text) <= 40 else text[:37] + "..."
    return DataError(
        f"{file.where(row, column.name)}: '{shown}' {what}. {hint}"
        "Correct it, add it to data.missing_values, or list the column under data.categorical or data.ignore."
    )


def _has_decimal_comma(text: str) -> bool:
    return text.count(",") == 1 and number(text.replace(",", ".")) is not None


def check_range(file: CsvFile, column: Column) -> None:
    """Raise DataError for a number that does not fit into float32."""
    large = np.flatnonzero(np.abs(column.values) > np.finfo(np.float32).max)
    if len(large):
        where, value = file.where(int(large[0]), column.name), column.values[large[0]]
        raise DataError(
            f"{where}: {value:g} is too large for float32 (at most 3.4e38). Scale the column down or ignore it."
        )


def texts_of(file: CsvFile, names: Sequence[str], missing: Sequence[str]) -> np.ndarray:
    """Return columns as text: (rows, columns) str, "" in missing cells."""
    if not names:
        return np.empty((len(file), 0), np.str_)
    found = file.body.texts([file.names.index(name) for name in names])
    texts = np.array(found, np.str_).T
    return np.where(np.isin(texts, list(missing)), "", texts)


def check_categories(file: CsvFile, names: Sequence[str], texts: np.ndarray) -> None:
    """Raise DataError for a detected categorical column that contains free text or names."""
    for name, column in zip(names, texts.T, strict=True):
        count = len(np.unique(column))
        if count > MOST_TEXTS:
            raise too_many_texts(file.path.name, name, f"{count:,}")


def too_many_texts(file: str, name: str, count: str) -> DataError:
    """Return the error about a detected categorical column that contains free text or names."""
    hint = "List it under data.ignore, or under data.categorical to one-hot encode all of them."
    return DataError(f"{file}: column '{name}' has {count} distinct texts. {hint}")


def is_prose(cells: list[str]) -> bool:
    """Return whether a column contains sentences: most cells have five words or more, and few are equal."""
    some = cells[:: max(1, len(cells) // 1000)]
    long = sum(cell.count(" ") >= _WORDS_OF_PROSE - 1 for cell in some) > len(some) / 2
    return long and len(set(cells)) > min(_MOST_REPEATED, len(cells) / 2)


def counts_rows(column: Column) -> bool:
    """Return whether a numeric column only contains row numbers or identifiers."""
    values = column.values
    return bool((values == np.floor(values)).all()) and len(np.unique(values)) == len(values)
