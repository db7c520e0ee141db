"""Columns of a CSV file as a series, and generated series."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables import column_types, timestamps
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.tables.column_types import MOST_CLASSES, Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.found_formats import find_format
from dlpy.datasets._series_gaps import Missing
from dlpy.datasets._series_times import Located, Timeline

_NOISE = 0.1


def numbers(
    file: CsvFile, columns: Mapping[str, Column], names: Sequence[str], may_be_text: Collection[str] = ()
) -> np.ndarray:
    """Return columns as (rows, columns) float64, NaN where a cell is missing.

    Args:
        file, columns: all of them.
        names: those to return.
        may_be_text: those of which a cell that is no number is missing, too.

    Raises:
        DataError: a cell is not a number, or is too large.
    """
    for name in names:
        if columns[name].bad and name not in may_be_text:
            raise _bad_cell(file, columns[name])
        column_types.check_range(file, columns[name])
    return np.stack([columns[name].values for name in names], axis=1)


def require_complete(
    file: Located, lacking: Mapping[str, np.ndarray], names: Sequence[str], missing: Missing, ignored: np.ndarray
) -> None:
    """Raise DataError for a missing cell that the option `missing` does not fill.

    Args:
        lacking: the rows of each column without a value, ascending.
        ignored: rows of the file that may lack cells.
    """
    for name in names:
        rows = np.setdiff1d(lacking[name], ignored)
        is_empty = len(lacking[name]) == len(file)
        if not len(rows) or (missing != "error" and not is_empty):
            continue
        if is_empty:
            hint = "Fill it in, or leave it out: list the others in data.columns."
            raise DataError(f"{file.path.name}: column '{name}' is empty. {hint}")
        row = int(rows[0])
        shown = f"the cell is missing: '{text}'" if (text := file.cell(row, name)) else "the cell is missing"
        fill = "or set data.missing: previous, interpolate or drop"
        raise DataError(f"{file.where(row, name)}: {shown}. A series needs every value; fill it in, {fill}.")


def require_first(file: Located, lacking: Mapping[str, np.ndarray], names: Sequence[str], line: Timeline) -> None:
    """Raise DataError if a series lacks the first value of a column that is known in advance."""
    for name in names:
        rows = np.intersect1d(lacking[name], line.order[line.starts])
        if len(rows):
            where = f"{file.where(int(rows[0]), name)}: the cell is missing"
            raise DataError(f"{where}, and no value is before it that could stand in: fill it in.")


def filled_notes(missing_cells: Mapping[str, int], names: Sequence[str], missing: Missing) -> list[str]:
    """Return a line about what became of missing cells; empty if there are none.

    Args:
        missing_cells: their number in each column.
        names: the columns to report on.
        missing: what becomes of them.
    """
    counts = {name: missing_cells[name] for name in names if missing_cells[name]}
    if not counts or missing == "error":
        return []
    named = ", ".join(f"{name} ({count:,})" for name, count in counts.items())
    if missing == "drop":
        return [f"missing cells: {named}; no window contains such a row"]
    how = "with the value before" if missing == "previous" else "on a line between the values around"
    return [f"missing cells filled {how}: {named}; they are no targets"]


def in_formats(
    file: CsvFile,
    columns: dict[str, Column],
    names: Sequence[str] | None,
    targets: Sequence[str],
    formats: Mapping[str, CellFormat],
) -> dict[str, Column]:
    """Return the columns, those with units, signs or other marks as numbers; booleans and durations only if listed.

    Args:
        names: the listed columns; None looks at all.
        targets: the columns to forecast.
        formats: those that are given.
    """
    columns = column_types.in_given_formats(file, columns, formats)
    listed = {*(names or []), *targets}
    looked_at = [name for name in (columns if names is None else listed) if not columns[name].is_numeric]
    for name in looked_at:
        found = None if columns[name].format is not None else find_format(file, columns[name])
        if found is None or found.format is None or found.strays or found.doubt:
            continue
        gaps = found.format.missing and found.different <= MOST_CLASSES
        if name in listed or (found.format.kind == "number" and not gaps):
            columns[name] = column_types.formatted(file, columns[name], found.format)
    return columns


def formats_in(columns: Mapping[str, Column]) -> dict[str, CellFormat]:
    """Return the formats of the columns that have one."""
    return {name: form for name, column in columns.items() if (form := column.format) is not None}


def is_numeric(file: CsvFile, column: Column) -> bool:
    """Return whether a column is numeric.

    Raises:
        DataError: nearly all cells are numbers, but a few are not.
    """
    try:
        return column_types.guess_numeric(file, column)
    except DataError:
        raise _bad_cell(file, column) from None


def _bad_cell(file: CsvFile, column: Column) -> DataError:
    problem = str(column_types.bad_cell(file, column)).partition(" Correct it")[0]
    return DataError(f"{problem} Correct it, or list the columns to learn from under data.columns.")


def about(line: Timeline) -> str:
    """Return a line about the length of a series and its times."""
    rows = f"{len(line.order):,} rows"
    what = f"series: {len(line.ids):,} series, {rows}" if line.ids else f"series: {rows}"
    if line.times is None or len(line.times) < 2:
        return f"{what} without timestamps"
    first, last = timestamps.span(line.times)
    return f"{what} {line.frequency} apart, {first} to {last}"


def waves(times: int, columns: int, period: int, seed: int) -> np.ndarray:
    """Return a generated series (times, columns): a wave of known period, slow drift, and unpredictable noise.

    No model can get a smaller error than a standard deviation of _NOISE.
    """
    random = np.random.default_rng([seed, 9])
    phase = random.uniform(0, 2 * np.pi, columns)
    waves = np.sin(np.arange(times)[:, None] * 2 * np.pi / period + phase)
    drift = np.sin(np.arange(times)[:, None] * 2 * np.pi / (7.3 * period) + 2 * phase)
    return waves + 0.5 * drift + random.normal(0, _NOISE, (times, columns))
