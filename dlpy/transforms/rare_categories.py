"""Rare categories of a table pooled into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.data.booleans import spelled_as
from dlpy.data.features import Table
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.data.unfamiliar import Unfamiliar, counted
from dlpy.transforms._numbers import check_table, require_columns, table_of
from dlpy.transforms.tabulate import unseen_in

RARE = "(rare)"


class RareCategories(Transform):
    """Replaces the categories that few training rows have by one, `(rare)`, which unseen categories join.

    So a prediction for an unseen category follows what was learnt from the rare ones. A column without rare categories
    in the training rows stays as it is: there is nothing that unseen categories could join. Missing cells stay missing.
    """

    name: Literal["rare_categories"] = "rare_categories"
    min_count: Annotated[int, Field(ge=2)] = 5
    """Number of training rows from which a category stands for itself."""
    columns: list[str] | None = None
    """Categorical columns whose rare categories are pooled, such as [zip]. Default: all."""

    def outline(self, task: Task) -> Task:
        check_table(self.name, task.input)
        return task

    def fit(self, rows: Rows, task: Task) -> State:
        table = table_of(rows, self.name)
        require_columns(self.name, self.columns or (), table.categorical_names)
        return self._state(
            table, [np.unique(column[column != ""], return_counts=True) for column in table.categorical.T]
        )

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        table = table_of(pieces.first, self.name)
        require_columns(self.name, self.columns or (), table.categorical_names)
        return self._state(table, pieces.counts)

    def _state(self, table: Table, found: list[tuple[np.ndarray, np.ndarray]]) -> State:
        """Return the state, given the categories of each column in alphabetical order, and their counts."""
        sizes = np.array([len(values) for values, _ in found], np.int64)
        chosen = np.isin(table.categorical_names, table.categorical_names if self.columns is None else self.columns)
        is_rare = [(counts < self.min_count) & one for (_, counts), one in zip(found, chosen, strict=True)]
        return {
            "categories": np.array([value for values, _ in found for value in values.tolist()], np.str_),
            "is_rare": np.concatenate([np.empty(0, bool), *is_rare]),
            "sizes": sizes,
        }

    def apply(self, rows: Rows, state: State) -> Rows:
        table = table_of(rows, self.name)
        columns = [
            _pooled(spelled_as(column, values), values[~is_rare]) if is_rare.any() else column
            for column, (values, is_rare) in zip(table.categorical.T, _of_columns(state), strict=True)
        ]
        texts = np.stack(columns, axis=1) if columns else table.categorical
        return rows.with_x(replace(table, categorical=texts))

    def in_graph(self, numbers: Any, state: State) -> Any:
        return numbers

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        return {}

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        """Return the unseen categories that join the rare ones; `tabulate` reports the others."""
        table = table_of(rows, self.name)
        found = []
        columns = zip(table.categorical_names, table.categorical.T, _of_columns(state), strict=True)
        for name, column, (values, is_rare) in columns:
            unseen = unseen_in(column, values) if is_rare.any() else []
            if unseen:
                known = f"predicted as {RARE}"
                found.append(Unfamiliar(name, "unseen categories", len(unseen), len(table), counted(unseen), known))
        return found


def _pooled(column: np.ndarray, frequent: np.ndarray) -> np.ndarray:
    """Return a column in which everything but missing cells and frequent categories is rare."""
    return np.where((column == "") | np.isin(column, frequent), column, RARE)


def _of_columns(state: State) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the categories of each column, and which of them are rare."""
    ends = np.cumsum(state["sizes"])[:-1]
    if len(state["sizes"]) == 0:
        return []
    return list(zip(np.split(state["categories"], ends), np.split(state["is_rare"], ends), strict=True))
