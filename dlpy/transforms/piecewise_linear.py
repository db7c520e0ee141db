"""Numbers as several values each, one for each interval between quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.data.features import Table
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.transforms._among_quantiles import shares_of_intervals
from dlpy.transforms._moments_of_pieces import quantiles_by_column
from dlpy.transforms._numbers import check_flat, numbers_of, scaled_in_graph, with_numeric_names


class PiecewiseLinear(Transform):
    """Encodes each number by intervals: 1 for those below it, 0 for those above, and a fraction for its own.

    The intervals of a column lie between quantiles of the training rows, so that each contains about as many rows; a
    column with few distinct numbers has fewer intervals. A number outside the training range extends the first or last
    interval, below 0 or above 1. In a table, the numeric columns are encoded; a missing number is missing in all its
    values.

    Source: Gorishniy et al. 2022, arXiv:2203.05556, section 3.2.1 (PLE with quantile-based bins).
    """

    name: Literal["piecewise_linear"] = "piecewise_linear"
    bins: Annotated[int, Field(ge=1, le=1000)] = 16
    """Number of intervals for each column, and so of the values that a number becomes, at most."""

    def outline(self, task: Task) -> Task:
        check_flat(self.name, task.input)
        return task.with_input(replace(task.input, shape=(None,), rescaled=True))

    def measured(self, task: Task, state: State) -> Task:
        names, count = _names(task.input.columns, state), len(state["splits"]) - 1
        if task.input.kind == "table":
            return with_numeric_names(task, names, count)
        return task.with_input(replace(task.input, columns=names))

    def fit(self, rows: Rows, task: Task) -> State:
        numbers = np.asarray(numbers_of(rows), np.float64)
        return _state(np.nanquantile(numbers, np.linspace(0, 1, self.bins + 1), axis=0))

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        return _state(quantiles_by_column(pieces, np.linspace(0, 1, self.bins + 1)))

    def apply(self, rows: Rows, state: State) -> Rows:
        numbers, splits = np.asarray(numbers_of(rows), np.float64), state["splits"]
        columns = [
            shares_of_intervals(column, state["edges"][first:stop])
            for column, first, stop in zip(numbers.T, splits[:-1], splits[1:], strict=True)
        ]
        found = np.concatenate([np.empty((len(numbers), 0)), *columns], axis=1)
        if not isinstance(rows.x, Table):
            return rows.with_x(found.astype(np.float32))
        return rows.with_x(
            replace(rows.x, numeric=found, numeric_names=_names(rows.x.numeric_names, state), date_names=())
        )

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        edges = np.split(state["edges"], state["splits"][1:-1])
        column = np.repeat(np.arange(len(edges)), [len(found) - 1 for found in edges])
        low = np.concatenate([found[:-1] for found in edges])
        width = np.concatenate([np.diff(found) for found in edges])
        least = np.concatenate([[-np.inf, *[0.0] * (len(found) - 2)] for found in edges])
        most = np.concatenate([[*[1.0] * (len(found) - 2), np.inf] for found in edges])
        shares = scaled_in_graph(ops.take(numbers, column, axis=1), low, width)
        return ops.minimum(ops.maximum(shares, least.astype(np.float32)), most.astype(np.float32))

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        return {"intervals": [edges.tolist() for edges in np.split(state["edges"], state["splits"][1:-1])]}


def _names(columns: Sequence[str], state: State) -> tuple[str, ...]:
    """Return the name of each value of the numeric columns, with which `columns` begin."""
    counts = np.diff(state["splits"]) - 1
    pairs = zip(columns, counts.tolist(), strict=False)
    return tuple(f"{name} in bin {number}" for name, count in pairs for number in range(1, count + 1))


def _state(ends: np.ndarray) -> State:
    """Return the state of columns, given their quantiles: (quantiles, columns)."""
    edges = [_edges(column) for column in ends.T]
    return {"edges": np.concatenate([[], *edges]), "splits": np.cumsum([0, *map(len, edges)])}


def _edges(ends: np.ndarray) -> np.ndarray:
    """Return the ends of the intervals, in order; a constant column has one interval, of width 1."""
    found = np.unique(ends)
    return found if len(found) > 1 else np.array([found[0], found[0] + 1])
