"""Scaling of numbers by median and quartiles, with a soft limit for outliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.transforms._numbers import check_flat, numbers_of, scaled_beside, scaled_in_graph, with_numbers

_QUARTILES = [0.25, 0.5, 0.75]
_NOTHING = np.empty((0, 3)), np.empty(0), np.empty(0)


class RobustScale(Transform):
    """Subtracts the median of each column, divides by the distance between its quartiles, and limits outliers softly.

    All are computed on the training rows. Where the quartiles are equal, half the distance from the smallest to the
    largest number takes their place; a constant column becomes 0. In a table, the numeric columns are scaled.

    Source: RealMLP, Holzmueller et al. 2024, arXiv:2407.04491, section 3.
    """

    name: Literal["robust_scale"] = "robust_scale"
    limit: Annotated[float, Field(gt=0)] | None = 3.0
    """Scaled numbers x become x / sqrt(1 + (x / limit)**2), which lies between -limit and limit; null for no limit."""

    def outline(self, task: Task) -> Task:
        check_flat(self.name, task.input)
        return task.with_input(replace(task.input, rescaled=True))

    def fit(self, rows: Rows, task: Task) -> State:
        numbers = np.asarray(numbers_of(rows), np.float64)
        return _state(
            np.nanquantile(numbers, _QUARTILES, axis=0), np.nanmin(numbers, axis=0), np.nanmax(numbers, axis=0)
        )

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        columns = (np.asarray(column, np.float64) for column in pieces.columns())
        found = [(np.nanquantile(one, _QUARTILES), np.nanmin(one), np.nanmax(one)) for one in columns]
        quartiles, least, most = (np.array(part) for part in zip(*found, strict=True)) if found else _NOTHING
        return _state(quartiles.T, least, most)

    def apply(self, rows: Rows, state: State) -> Rows:
        scaled = (numbers_of(rows) - state["median"]) / state["width"]
        if self.limit is not None:
            scaled = scaled / np.sqrt(1 + np.square(scaled / self.limit))
        return with_numbers(rows, scaled)

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        scaled = scaled_in_graph(numbers, state["median"], state["width"])
        if self.limit is None:
            return scaled
        return ops.divide(scaled, ops.sqrt(ops.add(1.0, ops.square(ops.divide(scaled, self.limit)))))

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        return scaled_beside(state["median"], state["width"], self.limit)


def _state(quartiles: np.ndarray, least: np.ndarray, most: np.ndarray) -> State:
    """Return the state of columns, given their quartiles, (3, columns), and their ends, (columns,)."""
    low, median, high = quartiles
    width = np.where(high > low, high - low, (most - least) / 2)
    return {"median": median, "width": np.where(width > 0, width, np.inf)}
