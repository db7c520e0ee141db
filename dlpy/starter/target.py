"""Chooses the column that `dlpy new` predicts, if the command line names none."""

from __future__ import annotations

from collections.abc import Mapping

from dlpy.data.tables import column_types
from dlpy.data.tables.column_types import MOST_TEXTS, Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.starter.columns import Choices, dates_in
from dlpy.starter.identifiers import counts, identifies, is_constant

_CUSTOMARY = ("target", "label", "class", "y", "outcome", "response")
_ROWS_PER_CLASS = 2  # on average: texts that are rarer than this are names, not classes
_MOST_MISSING = 0.8  # of the cells


def choose_target(file: CsvFile, columns: Mapping[str, Column], choices: Choices) -> tuple[str, str]:
    """Return the column to predict, and why it is not the last one; empty if it is.

    It is the last column that can be predicted, or, if that is not the last of all, one with a customary name.
    """
    names = [name for name in file.names if name not in choices.ignore]
    last = names[-1] if names else file.names[-1]
    wrong = why_not(file, columns[last], choices)
    if not wrong:
        return last, ""
    possible = [name for name in names if not why_not(file, columns[name], choices)]
    if not possible:
        return last, ""
    customary = [name for name in possible if name.lower() in _CUSTOMARY]
    return (customary or possible)[-1], f"the last column, {last}, {wrong}"


def why_not(file: CsvFile, column: Column, choices: Choices) -> str:
    """Return why a column is no sensible target, after its name as the subject; empty if it is one."""
    if len(column.missing) > _MOST_MISSING * len(file):
        return f"is missing in {len(column.missing):,} of {len(file):,} rows"
    if is_constant(file, column):
        return "has a single value"
    if identifies(file, column) or column.name in file.index:
        return "identifies the rows"
    if column.name in choices.categorical:
        return ""
    if column.is_numeric:
        return "counts the rows" if len(file) > 2 and counts(column) else ""
    if dates_in(file, column) is not None:
        return "holds dates"
    cells = file.texts(column.name)
    if column_types.is_prose(cells):
        return "holds sentences"
    return _too_many_texts([cell for cell in cells if cell not in column.markers])


def _too_many_texts(given: list[str]) -> str:
    different = len(set(given))
    if different > min(MOST_TEXTS, len(given) / _ROWS_PER_CLASS):
        return f"has {different:,} different texts in {len(given):,} rows"
    return ""
