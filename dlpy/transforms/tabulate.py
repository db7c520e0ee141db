"""The columns of a table as one array: numbers, one-hot columns, and codes of categories to embed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.data.booleans import spelled_as
from dlpy.data.features import Table
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import Input, State, Task
from dlpy.data.unfamiliar import Unfamiliar, counted
from dlpy.transforms._numbers import table_of


class Tabulate(Transform):
    """Converts a table to one float32 matrix: the numeric columns, then one-hot columns for each category.

    The categories come from the training rows, in alphabetical order. A category first seen in validation or
    prediction is encoded as all zeros. Columns listed under `embed` follow as codes, from which a model family learns a
    vector for each category. `csv` applies this itself, after its transforms; list it there to set an option.
    """

    name: Literal["tabulate"] = "tabulate"
    embed: list[str] | Annotated[int, Field(ge=0)] | None = None
    """Categorical columns that become codes for embeddings instead of one-hot columns, such as [zip, brand]; or a
    number: those with more categories in the training rows, such as 30. Default: none. dense and combined embed."""

    def outline(self, task: Task) -> Task:
        if task.input.kind != "table":
            raise ConfigError(f"tabulate requires tables, not {task.input}.")
        codes = (0,) * len(self.embed) if isinstance(self.embed, list) else ()
        return task.with_input(Input("array", (None,), columns=task.input.columns, categories=codes))

    def measured(self, task: Task, state: State) -> Task:
        coded, names = _coded(state), task.input.columns
        numbers = int(state["numbers"]) if "numbers" in state else None  # runs of earlier versions do without
        codes = tuple((state["sizes"][coded] + 1).tolist())
        given = replace(task.input, numbers=numbers, categories=codes)
        if not names:
            return task.with_input(given)
        first = len(names) - len(coded)
        columns = list(zip(names[first:], _of_columns(state), coded.tolist(), strict=True))
        expanded = [f"{name}={value}" for name, values, is_code in columns if not is_code for value in values.tolist()]
        embedded = [name for name, _, is_code in columns if is_code]
        return task.with_input(replace(given, columns=(*names[:first], *expanded, *embedded)))

    def fit(self, rows: Rows, task: Task) -> State:
        table = table_of(rows, self.name)
        found = [np.unique(column) for column in table.categorical.T]
        return self._state(table, [values[values != ""] for values in found])

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        return self._state(table_of(pieces.first, self.name), [values for values, _ in pieces.counts])

    def _state(self, table: Table, found: list[np.ndarray]) -> State:
        """Return the state, given the categories of each column in alphabetical order."""
        sizes = np.array([len(values) for values in found], np.int64)
        categories = [value for values in found for value in values.tolist()]
        state = {"categories": np.array(categories, np.str_), "sizes": sizes}  # only as wide as the training rows need
        state["numbers"] = np.array(len(table.numeric_names))
        return state if self.embed is None else state | {"coded": self._coded(table, sizes)}

    def _coded(self, table: Table, sizes: np.ndarray) -> np.ndarray:
        """Return which categorical columns become codes: (columns,) bool."""
        if not isinstance(self.embed, list):
            return sizes > (self.embed or 0)
        for name in self.embed:
            if name not in table.categorical_names:
                known = did_you_mean(name, table.categorical_names)
                raise DataError(f"tabulate: the table has no categorical column '{name}' to embed.{known}")
        return np.isin(table.categorical_names, self.embed)

    def apply(self, rows: Rows, state: State) -> Rows:
        table, sizes, coded = table_of(rows, self.name), state["sizes"], _coded(state)
        widths = np.where(coded, 0, sizes)
        start = len(table.numeric_names)
        matrix = np.zeros((len(table), start + int(widths.sum()) + int(coded.sum())), np.float32)
        matrix[:, :start] = table.numeric
        firsts = np.where(coded, widths.sum() + np.cumsum(coded) - coded, np.cumsum(widths) - widths)
        for column, categories, is_code, first in zip(
            table.categorical.T, _of_columns(state), coded, start + firsts, strict=True
        ):
            place, known = _places(column, categories)
            if is_code:
                matrix[:, first] = np.where(known, place + 1, 0)
            else:
                matrix[np.flatnonzero(known), first + place[known]] = 1.0
        return rows.with_x(matrix)

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        coded = _coded(state)
        return ops.pad(numbers, [[0, 0], [0, int(np.where(coded, 1, state["sizes"]).sum())]])

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        table = table_of(rows, self.name)
        found = []
        for name, column, categories in zip(
            table.categorical_names, table.categorical.T, _of_columns(state), strict=True
        ):
            unseen = unseen_in(column, categories)
            if unseen:
                found.append(Unfamiliar(name, "unseen categories", len(unseen), len(table), counted(unseen)))
        return found


def unseen_in(column: np.ndarray, categories: np.ndarray) -> list[str]:
    """Return the cells of a column that are neither missing nor one of the sorted `categories`."""
    _, known = _places(column, categories)
    return column[~known & (column != "")].tolist()


def _of_columns(state: State) -> Iterator[np.ndarray]:
    """Yield the categories of each column."""
    sizes = state["sizes"]
    for size, first in zip(sizes, np.cumsum(sizes) - sizes, strict=True):
        yield state["categories"][first : first + size]


def _coded(state: State) -> np.ndarray:
    """Return which columns become codes; the runs of earlier versions have none."""
    return state.get("coded", np.zeros(len(state["sizes"]), bool))


def _places(column: np.ndarray, categories: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of each cell's category, and whether it is one of the sorted `categories`."""
    column = spelled_as(column, categories)
    place = np.searchsorted(categories, column)
    known = place < len(categories)
    known[known] = categories[place[known]] == column[known]
    return place, known
