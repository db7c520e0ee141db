"""Columns of a table that identify its rows, count them, or are the same in all of them."""

from __future__ import annotations

import re

import numpy as np

from dlpy.core.errors import shortened
from dlpy.data.tables import column_types
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile

_EXAMPLE = 40  # characters
_COUNTING = ("id", "index", "idx", "row", "rowid", "row_id", "rownum", "rownames", "nr", "no", "no.", "obs", "number")
_IDENTIFIER = re.compile(
    r"(?:^|[\W_])(?i:id|uuid|guid|key|pk|isbn|ean|sku|nr|no|num|number)$|(?<=[a-z])(?:Id|ID|Key|Guid)$"
)
_NAMING = re.compile(r"(?:^|[\W_])(?i:code|zip|zipcode|postcode)$|(?<=[a-z])Code$")


def identifies(file: CsvFile, column: Column) -> str:
    """Return why a column is an identifier of the rows; empty if it is none.

    It is one if its name says so and every row has a value of its own: a whole number, or a code without blanks.
    """
    if column.missing or len(file) < 2:
        return ""
    if column.name.lower() in (*_COUNTING, "#", "key", "pk") and counts(column):
        return f"a row number{such(file, column)}"
    if not _IDENTIFIER.search(column.name):
        return ""
    if column.is_numeric:
        return f"a different number in every row{such(file, column)}" if column_types.counts_rows(column) else ""
    cells = file.texts(column.name)
    differ = len(set(cells)) == len(cells) and not any(" " in cell for cell in cells)
    return f"a different code in every row{such(file, column)}" if differ else ""


def names_groups(file: CsvFile, column: Column) -> bool:
    """Return whether whole numbers name something that many rows share, such as a customer: no quantity is meant."""
    named = _IDENTIFIER.search(column.name) or _NAMING.search(column.name)
    if not named or not column.is_numeric or column.format is not None:
        return False
    values = column.values[~np.isnan(column.values)]
    few = different(file, column) <= min(column_types.MOST_TEXTS, len(values) / 2)
    return few and bool((values == np.floor(values)).all())


def counts(column: Column) -> bool:
    """Return whether a column counts the rows, starting at any number."""
    return column.is_numeric and not column.missing and bool((np.diff(column.values) == 1).all())


def different(file: CsvFile, column: Column) -> int:
    """Return the number of distinct values, without missing cells."""
    if column.is_numeric:
        return len(np.unique(column.values[~np.isnan(column.values)]))
    return len({*file.texts(column.name)} - {*column.markers})


def is_constant(file: CsvFile, column: Column) -> bool:
    """Return whether a column has the same value in every row that has one."""
    return different(file, column) == 1


def such(file: CsvFile, column: Column) -> str:
    """Return ", such as" and an example cell of the column."""
    return f", such as '{first_cell(file, column)}'"


def first_cell(file: CsvFile, column: Column) -> str:
    """Return the first cell of a column that is not missing, shortened."""
    missing = set(column.missing)
    row = next((row for row in range(len(file)) if row not in missing), 0)
    return shortened(file.texts(column.name)[row], _EXAMPLE)
