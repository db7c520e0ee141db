"""Columns that mark the missing cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from dlpy.components.transform import Transform
from dlpy.data.features import Table
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.transforms._numbers import check_table, known_in_graph, require_columns, table_of, with_numeric_names


class MissingIndicators(Transform):
    """Adds a numeric column to a table for each column with missing cells: 1 where a cell is missing, otherwise 0.

    The columns follow the numeric ones and are named like `age is missing`. `csv` applies this before it fills missing
    cells, wherever it is listed; elsewhere list it before `fill_missing`.
    """

    name: Literal["missing_indicators"] = "missing_indicators"
    columns: list[str] | None = None
    """Columns whose missing cells are marked, such as [age, city]. Default: those that training rows lack."""

    def outline(self, task: Task) -> Task:
        check_table(self.name, task.input)
        return task.with_input(replace(task.input, shape=(None,)))

    def measured(self, task: Task, state: State) -> Task:
        count, columns = len(state["numeric"]), task.input.columns
        return with_numeric_names(task, (*columns[:count], *state["names"].tolist()), count)

    def fit(self, rows: Rows, task: Task) -> State:
        table = table_of(rows, self.name)
        return self._state(table, [np.logical_or.reduce(some, axis=0) for some in _gaps(table)])

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        tables = (table_of(rows, self.name) for rows in pieces.blocks())
        gaps = zip(*([some.any(axis=0) for some in _gaps(table)] for table in tables), strict=True)
        return self._state(table_of(pieces.first, self.name), [np.logical_or.reduce(some, axis=0) for some in gaps])

    def _state(self, table: Table, gaps: Sequence[np.ndarray]) -> State:
        """Return the state, given which numeric and which categorical columns have missing cells."""
        names = (*table.numeric_names, *table.categorical_names)
        if self.columns is not None:
            require_columns(self.name, self.columns, names)
            chosen = np.isin(names, self.columns)
        else:
            chosen = np.concatenate(gaps)
        told = [f"{name} is missing" for name, is_chosen in zip(names, chosen, strict=True) if is_chosen]
        count = len(table.numeric_names)
        return {"numeric": chosen[:count], "categorical": chosen[count:], "names": np.array(told, np.str_)}

    def apply(self, rows: Rows, state: State) -> Rows:
        table = table_of(rows, self.name)
        numeric, categorical = _gaps(table)
        parts = [table.numeric, numeric[:, state["numeric"]], categorical[:, state["categorical"]]]
        names = (*table.numeric_names, *state["names"].tolist())
        return rows.with_x(replace(table, numeric=np.concatenate(parts, axis=1), numeric_names=names))

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        gaps = ops.subtract(1.0, ops.cast(known_in_graph(numbers), "float32"))  # TensorFlow makes x <= y of not x > y
        gaps = ops.take(gaps, np.flatnonzero(state["numeric"]), axis=1)
        return ops.pad(ops.concatenate([numbers, gaps], axis=1), [[0, 0], [0, int(state["categorical"].sum())]])

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        marked = np.flatnonzero(state["numeric"]).tolist()
        return {"mark": {"columns": marked, "of_categories": int(state["categorical"].sum())}}


def _gaps(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return which numeric and which categorical cells are missing, each (rows, columns) bool."""
    return np.isnan(table.numeric), table.categorical == ""
