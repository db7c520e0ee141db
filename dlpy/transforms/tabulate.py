"""One-hot encoding of the categorical columns of a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Input, State, Task
from dlpy.data.unfamiliar import Unfamiliar, counted


class Tabulate(Transform):
    """Converts a table to one float32 matrix: the numeric columns, then one-hot columns for each category.

    The categories come from the training rows, in alphabetical order. A category first seen in validation or
    prediction is encoded as all zeros. `csv` applies this itself, after its transforms.
    """

    name: Literal["tabulate"] = "tabulate"

    def outline(self, task: Task) -> Task:
        if task.input.kind != "table":
            raise ConfigError(f"tabulate requires tables, not {task.input}.")
        return task.with_input(Input("array", (None,), columns=task.input.columns))

    def measured(self, task: Task, state: State) -> Task:
        names, sizes = task.input.columns, state["sizes"]
        if "numbers" in state:
            task = task.with_input(replace(task.input, numbers=int(state["numbers"])))
        if not names:
            return task
        first = len(names) - len(sizes)
        columns = np.repeat(np.array(names[first:], object), sizes).tolist()
        expanded = [f"{name}={value}" for name, value in zip(columns, state["categories"].tolist(), strict=True)]
        return task.with_input(replace(task.input, columns=(*names[:first], *expanded)))

    def fit(self, rows: Rows, task: Task) -> State:
        found = [np.unique(column) for column in _table(rows).categorical.T]
        found = [values[values != ""] for values in found]
        sizes = np.array([len(values) for values in found], np.int64)
        categories = [value for values in found for value in values.tolist()]
        numbers = np.int64(len(_table(rows).numeric_names))
        return {
            "categories": np.array(categories, np.str_),
            "sizes": sizes,
            "numbers": numbers,
        }  # only as wide as the training rows need

    def apply(self, rows: Rows, state: State) -> Rows:
        table, sizes = _table(rows), state["sizes"]
        width = len(table.numeric_names)
        matrix = np.zeros((len(table), width + int(sizes.sum())), np.float32)
        matrix[:, :width] = table.numeric
        for column, size, first in zip(table.categorical.T, sizes, np.cumsum(sizes) - sizes, strict=True):
            place, known = _places(column, state["categories"][first : first + size])
            matrix[np.flatnonzero(known), width + first + place[known]] = 1.0
        return rows.with_x(matrix)

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        table, sizes = _table(rows), state["sizes"]
        found = []
        columns = zip(table.categorical_names, table.categorical.T, sizes, np.cumsum(sizes) - sizes, strict=True)
        for name, column, size, first in columns:
            _, known = _places(column, state["categories"][first : first + size])
            unseen = column[~known & (column != "")].tolist()
            if unseen:
                found.append(Unfamiliar(name, "unseen categories", len(unseen), len(table), counted(unseen)))
        return found


def _places(column: np.ndarray, categories: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of each cell's category, and whether it is one of the sorted `categories`."""
    place = np.searchsorted(categories, column)
    known = place < len(categories)
    known[known] = categories[place[known]] == column[known]
    return place, known


def _table(rows: Rows) -> Table:
    if not isinstance(rows.x, Table):
        raise ConfigError("tabulate requires tables.")
    return rows.x
