"""Columns of a CSV file as a series, and generated series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables import column_types, timestamps
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.tables.column_types import MOST_CLASSES, Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.found_formats import find_format

_NOISE = 0.1


def numbers(
    file: CsvFile, columns: dict[str, Column], names: list[str], missing: Literal["error", "previous", "keep"] = "error"
) -> np.ndarray:
    """Return columns as (rows, columns) float64 after checking every cell.

    Args:
        missing: how to handle missing cells: raise an error, repeat the value before, or return NaN.
    """
    for name in names:
        column = columns[name]
        if column.bad:
            raise _bad_cell(file, column)
        if column.missing and (missing == "error" or (missing == "previous" and 0 in column.missing)):
            row = min(column.missing)
            shown = f"the cell is missing: '{text}'" if (text := file.texts(name)[row]) else "the cell is missing"
            where = file.where(row, name)
            fill = "or set data.missing: previous" if missing == "error" else "since no value is before it"
            raise DataError(f"{where}: {shown}. A series needs every value; fill it in, {fill}.")
        column_types.check_range(file, column)
    values = np.stack([columns[name].values for name in names], axis=1)
    return _with_previous(values) if missing == "previous" else values


def _with_previous(values: np.ndarray) -> np.ndarray:
    """Return the numbers (rows, columns) with each NaN replaced by the last number before it."""
    rows = np.where(np.isnan(values), 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(rows, axis=0), axis=0)


def filled_notes(columns: dict[str, Column], names: list[str]) -> list[str]:
    """Return a line about the missing cells that were filled with the value before; empty if there are none."""
    counts = {name: len(columns[name].missing) for name in names if columns[name].missing}
    if not counts:
        return []
    named = ", ".join(f"{name} ({count:,})" for name, count in counts.items())
    return [f"missing cells filled with the value before: {named}; they are no targets"]


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


def formats_in(columns: Mapping[str, Column], names: Sequence[str]) -> dict[str, CellFormat]:
    """Return the formats of the named columns that have one."""
    return {name: form for name in names if (form := columns[name].format) is not None}


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


def about(times: np.ndarray | None, file: CsvFile) -> str:
    """Return a line about the length of a series and its times."""
    if times is None or len(times) < 2:
        return f"series: {len(file):,} rows without timestamps"
    first, last = timestamps.stamp(times[0]), timestamps.stamp(times[-1])
    return f"series: {len(file):,} rows {timestamps.spelled(timestamps.spacing(times))} apart, {first} to {last}"


def waves(times: int, columns: int, period: int, seed: int) -> np.ndarray:
    """Return a generated series (times, columns): a wave of known period, slow drift, and unpredictable noise.

    No model can get a smaller error than a standard deviation of _NOISE.
    """
    random = np.random.default_rng([seed, 9])
    phase = random.uniform(0, 2 * np.pi, columns)
    waves = np.sin(np.arange(times)[:, None] * 2 * np.pi / period + phase)
    drift = np.sin(np.arange(times)[:, None] * 2 * np.pi / (7.3 * period) + 2 * phase)
    return waves + 0.5 * drift + random.normal(0, _NOISE, (times, columns))
