"""The cells of a CSV file, and its columns as the features of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Table
from dlpy.data.tables import column_types, csv_file, missing_cells
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.missing_cells import Gaps
from dlpy.data.tables.table_format import TableFormat
from dlpy.datasets._table_options import no_column_to_predict
from dlpy.transforms.fill_missing import Rule, rule_of


@dataclass(frozen=True)
class Cells:
    """A CSV file, its columns read as numbers, and the texts that mark a missing cell.

    codes: columns of integers that are codes, such as 00123. notes: lines about how columns were read.
    """

    file: CsvFile
    columns: dict[str, Column]
    markers: Sequence[str]
    codes: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, path: Path, form: TableFormat, markers: Sequence[str], formats: Mapping[str, CellFormat] | None = None
    ) -> Cells:
        """Return the cells of a file, of which some columns are written in the given formats.

        Raises:
            DataError: it cannot be read.
        """
        return cls.of_file(csv_file.read(path, form), markers, formats)

    @classmethod
    def of_file(
        cls,
        file: CsvFile,
        markers: Sequence[str],
        formats: Mapping[str, CellFormat] | None = None,
        names: Sequence[str] | None = None,
    ) -> Cells:
        """Return the cells of a file that was read; of `names`, if given, as numbers, and all others as texts alone."""
        columns = column_types.columns_of(file, markers, names)
        return cls(file, column_types.in_given_formats(file, columns, formats or {}), markers)

    def require(self, names: Sequence[str]) -> None:
        """Raise DataError if a file to predict lacks a column."""
        for name in names:
            if name not in self.columns:
                raise no_column_to_predict(self.file, name)


@dataclass(frozen=True)
class Filling:
    """The rules for missing cells: one for all columns or by column; and where in the experiment file they are."""

    rules: Rule | dict[str, Rule]
    key: str = "data"


def looks_numeric(cells: Cells, names: Sequence[str]) -> dict[str, bool]:
    """Return for each column whether it is numeric.

    Raises:
        DataError: one is numeric with a few exceptions.
    """
    return {
        name: name not in cells.codes and column_types.guess_numeric(cells.file, cells.columns[name]) for name in names
    }


def check_categories(cells: Cells, names: Sequence[str]) -> None:
    """Raise DataError for a detected categorical column that contains free text or names."""
    column_types.check_categories(cells.file, names, column_types.texts_of(cells.file, names, cells.markers))


def table_of(cells: Cells, numeric: Sequence[str], categorical: Sequence[str], filling: Filling) -> Table:
    """Return columns as a table after checking every cell.

    Raises:
        DataError: a cell is not a number, too large, or missing without a rule that fills it.
    """
    file = cells.file
    for name in numeric:
        column = cells.columns[name]
        if column.bad:
            raise column_types.bad_cell(file, column)
        column_types.check_range(file, column)
        check_gaps(file, column.gaps, filling, numeric=True)
    texts = column_types.texts_of(file, categorical, cells.markers)
    for name, column in zip(categorical, texts.T, strict=True):
        check_gaps(file, Gaps(name, np.flatnonzero(column == "").tolist(), cells.markers), filling, numeric=False)
    numbers = np.empty((len(file), len(numeric)))
    for position, name in enumerate(numeric):
        numbers[:, position] = cells.columns[name].values
    return Table(numbers, tuple(numeric), texts, tuple(categorical))


def check_gaps(file: CsvFile, gaps: Gaps, filling: Filling, *, numeric: bool) -> None:
    """Raise DataError for a missing cell without a fill rule."""
    rule = rule_of(filling.rules, gaps.column)
    if not gaps.rows:
        return
    if rule == "error":
        usual = "median" if numeric else "most_frequent"
        advice = f"Set {filling.key}.missing: {usual}, or fill in the cell, or delete the row."
        raise missing_cells.missing_cell(file, gaps, advice)
    if numeric and isinstance(rule, str) and rule not in ("mean", "median", "most_frequent"):
        hint = f"Set a rule per column, for example {{{gaps.column}: median}}."
        raise DataError(f"{filling.key}.missing: '{rule}' cannot fill the numeric column '{gaps.column}'. {hint}")
