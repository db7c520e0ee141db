"""The targets of a CSV file: a column, or columns of which several may be true."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from dlpy.core.errors import DataError
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.missing_cells import missing_cell
from dlpy.data.tables.targets import Wanted, known_target, labels_of, numbers_of, target_of
from dlpy.data.task import Output
from dlpy.datasets._cells import Cells
from dlpy.datasets._target_kinds import KindOptions


class CsvTarget(KindOptions):
    """A column to predict, or several columns of one kind."""

    column: str | None = None
    """Name of the column."""
    columns: Annotated[list[str], Field(min_length=2)] | None = None
    """Several columns instead: labels of 0 and 1, true and false, or yes and no, of which several may be true; or, with
    `task: regression`, numbers with the same unit."""

    @model_validator(mode="after")
    def _of_columns(self) -> CsvTarget:
        if (self.column is None) == (self.columns is None):
            raise ValueError("set exactly one of column and columns")
        if self.columns is not None and self.task not in ("auto", "multilabel", "regression"):
            raise ValueError(f"several columns are labels (multilabel) or numbers (regression), not {self.task}")
        if self.columns is not None and len(set(self.columns)) < len(self.columns):
            raise ValueError("'columns' lists a column twice")
        if self.column is not None and self.task == "multilabel":
            raise ValueError("multilabel needs 'columns', one for each label")
        if self.columns is not None and self.classes is not None:
            raise ValueError("'classes' does not apply to several columns, whose names are the labels")
        return self

    def used(self) -> list[str]:
        """Return the columns."""
        return self.columns or [str(self.column)]

    def expected(self) -> Output:
        """Return the output as far as the options determine it."""
        if self.columns is None:
            return self.outline()
        kind = "multilabel" if self.chosen == "auto" else self.chosen
        return self.model_copy(update={"task": kind}).outline(len(self.columns), tuple(self.columns))

    def read(self, cells: Cells, key: str) -> tuple[np.ndarray, Output]:
        """Return the target of every row and its type.

        Raises:
            DataError: a cell is missing or invalid.
        """
        columns, wanted = [cells.columns[name] for name in self.used()], self.wanted(key)
        if self.columns is None:
            _require_order(cells, wanted, self.column)
            return _with_unit(*target_of(cells.file, columns[0], wanted), columns[0])
        reading = numbers_of if self.chosen == "regression" else labels_of
        return reading(cells.file, columns, wanted)

    def known(self, cells: Cells, output: Output, key: str) -> np.ndarray | None:
        """Return the target of every row of a file to predict; None if the file does not have it.

        Raises:
            DataError: a cell is missing or invalid, or a class that the model does not know.
        """
        columns = [cells.columns[name] for name in self.used() if name in cells.columns]
        if len(columns) < len(self.used()) or all(len(column.missing) == len(cells.file) for column in columns):
            return None
        if self.columns is None:
            return known_target(cells.file, columns[0], output)
        holes = [column for column in columns if column.missing and not output.has_missing]
        if holes:
            advice = "Other rows have one: fill it in or delete the column."
            raise missing_cell(cells.file, holes[0].gaps, advice, "target")
        reading = numbers_of if output.kind == "regression" else labels_of
        return reading(cells.file, columns, Wanted(mask=True, key=key))[0]


class Partners(CsvTarget):
    """The target of pairs that belong together: 1 in every row, from no column."""

    @model_validator(mode="after")
    def _of_columns(self) -> Partners:
        return self

    def used(self) -> list[str]:
        """Return the columns: none."""
        return []

    def expected(self) -> Output:
        """Return the output."""
        return Output("binary", 1, ("others", "partners"))

    def read(self, cells: Cells, key: str) -> tuple[np.ndarray, Output]:
        """Return the target of every row and its type."""
        return np.ones(len(cells.file), np.int64), self.expected()

    def known(self, cells: Cells, output: Output, key: str) -> np.ndarray:
        """Return the target of every row of a file to predict."""
        return np.ones(len(cells.file), np.int64)


def _with_unit(y: np.ndarray, output: Output, column: Column) -> tuple[np.ndarray, Output]:
    """Return a target and its type, with the unit of the column's format."""
    if output.kind != "regression" or column.format is None:
        return y, output
    return y, replace(output, unit="s" if column.format.kind == "duration" else column.format.unit)


def _require_order(cells: Cells, wanted: Wanted, name: str | None) -> None:
    """Raise DataError for ordinal texts without a list of classes: the order of their letters means nothing."""
    column = cells.columns[str(name)]
    if wanted.kind == "ordinal" and not wanted.classes and not column.is_numeric:
        hint = f"Set {wanted.key}.classes, such as [small, medium, large]."
        raise DataError(f"{cells.file.path.name}: target '{name}' contains words whose order is unknown. {hint}")
