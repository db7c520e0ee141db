"""Scaling of numbers by median and quartiles, with a soft limit for outliers."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.transforms._numbers import check_flat, numbers_of, scaled_in_graph, with_numbers


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
        low, median, high = np.nanquantile(numbers, [0.25, 0.5, 0.75], axis=0)
        reach = (np.nanmax(numbers, axis=0) - np.nanmin(numbers, axis=0)) / 2
        width = np.where(high > low, high - low, reach)
        return {"median": median, "width": np.where(width > 0, width, np.inf)}

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
