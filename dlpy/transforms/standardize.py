"""Numbers shifted and scaled to mean 0 and standard deviation 1."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlpy.components import Transform
from dlpy.data import Rows, State, Task
from dlpy.errors import ConfigError
from dlpy.features import Table

if TYPE_CHECKING:
    import keras


class Standardize(Transform):
    """Each column minus its mean, divided by its standard deviation, both of the training rows.

    A column that never changes becomes 0. Of a table, the numeric columns are standardized.
    """

    name: Literal["standardize"] = "standardize"

    def outline(self, task: Task) -> Task:
        if task.input.kind not in ("array", "table"):
            raise ConfigError(f"standardize fits arrays and tables, not {task.input}.")
        return task

    def fit(self, rows: Rows, task: Task) -> State:
        numbers = _numbers(rows)
        deviation = np.asarray(np.nanstd(numbers, axis=0, dtype=np.float64))
        mean = np.asarray(np.nanmean(numbers, axis=0, dtype=np.float64))
        return {"mean": mean, "deviation": np.where(deviation > 0, deviation, 1.0)}

    def apply(self, rows: Rows, state: State) -> Rows:
        scaled = (_numbers(rows) - state["mean"]) / state["deviation"]
        if isinstance(rows.x, Table):
            return rows.with_x(replace(rows.x, numeric=scaled))
        return rows.with_x(scaled.astype(np.float32))

    def layer(self, state: State) -> keras.layers.Layer:
        from keras import layers

        axes: Any = tuple(range(1, state["mean"].ndim + 1))  # each number of a row by itself
        return layers.Normalization(axis=axes, mean=state["mean"], variance=np.square(state["deviation"]))


def _numbers(rows: Rows) -> np.ndarray:
    return rows.x.numeric if isinstance(rows.x, Table) else rows.array
