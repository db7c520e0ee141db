"""The formats of a table's columns, for `dlpy new`: which are numbers although their cells have units or signs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dlpy.core.errors import DataError, shortened
from dlpy.data.tables.column_types import MOST_CLASSES, Column, formatted
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.found_formats import Finding, find_format
from dlpy.data.tables.understood import NEARLY, are_codes, dates_among

_EXAMPLE = 40  # characters


def in_formats(file: CsvFile, columns: Mapping[str, Column], texts: Collection[str]) -> dict[str, Column]:
    """Return the columns with those as numbers whose cells have units, signs or other marks; booleans stay texts.

    Args:
        texts: columns that are categories or left out, whatever their cells are.
    """
    return {name: column if name in texts else _in_format(file, column) for name, column in columns.items()}


def _in_format(file: CsvFile, column: Column) -> Column:
    if column.is_numeric or dates_among(file.texts(column.name), column.markers) is not None:
        return column
    found = find_format(file, column)
    if found.format is None or found.strays or found.doubt or found.format.kind == "boolean":
        return column
    return formatted(file, column, found.format)


def require_clear(file: CsvFile, column: Column, otherwise: str) -> None:
    """Raise DataError for a column of texts of which nearly all cells are numbers, or that has several units.

    Args:
        otherwise: another way to handle such a column, for the message.
    """
    finding = find_format(file, column)
    strays = finding.strays and finding.share >= NEARLY and finding.different > MOST_CLASSES
    if not finding.doubt and (not strays or are_codes(column, finding)):
        return
    cells = file.texts(column.name)
    rows = [cells.index(text) for text in list(finding.strays)[:3]]
    shown = ", ".join(f"'{shortened(cells[row], _EXAMPLE)}' (line {file.body.line(row)})" for row in rows)
    wrong = finding.doubt or f"it holds numbers except for {shown}"
    raise DataError(
        f"{file.where(0 if finding.doubt else rows[0], column.name)}: {wrong}. The column may be important, so dlpy "
        f"new does not guess: correct the file.{_as_missing(finding)} --categorical {column.name} treats its texts "
        f"as categories, {otherwise}."
    )


def _as_missing(finding: Finding) -> str:
    only = next(iter(finding.strays)) if len(finding.strays) == 1 and not finding.doubt else None
    return "" if only is None else f" --missing '{only}' treats it as a missing cell."


def format_lines(columns: Mapping[str, Column]) -> list[str]:
    """Return a comment for each column that is read in a format."""
    return [f"{name}: {column.format.described()}" for name, column in columns.items() if column.format is not None]
