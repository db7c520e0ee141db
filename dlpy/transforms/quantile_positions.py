"""The positions of numbers among quantiles of the training rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Windows
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.transforms._numbers import scaled_in_graph


class QuantilePositions(Transform):
    """Appends to each row the position of each of its numbers among bins of about equally many training rows.

    A number in the middle of the third bin has the position 2.5; those below the first bin have 0. `tabm` adds this
    transform itself, to encode numbers piecewise linearly. One-hot columns get no position.
    """

    name: Literal["quantile_positions"] = "quantile_positions"
    bins: Annotated[int, Field(ge=2)] = 32
    """Largest number of bins; columns of few distinct values have fewer."""

    def outline(self, task: Task) -> Task:
        if task.input.kind != "array" or len(task.input.shape) != 1 or task.input.positions:
            raise ConfigError(f"{self.name} requires flat arrays without positions, not {task.input}.")
        return task.with_input(replace(task.input, shape=(None,), target=None))

    def measured(self, task: Task, state: State) -> Task:
        given, count = task.input, len(state["sizes"])
        names = (*given.columns, *(f"{name} (position)" for name in given.columns[:count])) if given.columns else ()
        return task.with_input(replace(given, positions=count, columns=names))

    def fit(self, rows: Rows, task: Task) -> State:
        numbers = _array(rows)
        count = numbers.shape[1] if task.input.numbers is None else task.input.numbers
        return _state([_edges(column, self.bins) for column in numbers[:, :count].T])

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        return _state([_edges(column, self.bins) for column in islice(pieces.columns(), task.input.numbers)])

    def apply(self, rows: Rows, state: State) -> Rows:
        numbers, ends = _array(rows), np.cumsum(state["sizes"])
        found = [numbers.astype(np.float32)]
        for column, size, end in zip(numbers.T, state["sizes"], ends, strict=False):
            edges = state["edges"][end - size : end]
            found.append(np.interp(column, edges, np.arange(size))[:, None].astype(np.float32))
        return rows.with_x(np.concatenate(found, axis=1))

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        found, ends = [numbers], np.cumsum(state["sizes"])
        for column, (size, end) in enumerate(zip(state["sizes"], ends, strict=True)):
            edges = state["edges"][end - size : end]
            inside = scaled_in_graph(numbers[:, column : column + 1], edges[:-1], np.diff(edges))
            found.append(ops.sum(ops.clip(inside, 0.0, 1.0), axis=1, keepdims=True))
        return ops.concatenate(found, axis=1)


def _state(edges: list[np.ndarray]) -> State:
    sizes = np.array([len(found) for found in edges], np.int64)
    return {"edges": np.concatenate([np.zeros(0), *edges]), "sizes": sizes}


def _edges(column: np.ndarray, bins: int) -> np.ndarray:
    """Return the ascending edges of at most this many bins: (bins + 1,) float64."""
    return np.unique(np.quantile(column.astype(np.float64), np.linspace(0, 1, bins + 1)))


def _array(rows: Rows) -> np.ndarray:
    if isinstance(rows.x, Windows):
        raise ConfigError("quantile_positions requires flat arrays, not windows.")
    return rows.array
