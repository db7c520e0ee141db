"""Standardization of numbers to mean 0 and standard deviation 1."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal
from weakref import ref

import numpy as np

from dlpy.components.named_transform import scaled
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.data.task import Output, State, Task
from dlpy.transforms._numbers import check_numbers, numbers_of, with_numbers

if TYPE_CHECKING:
    import keras

_made: list[tuple[ref[np.ndarray], ref[np.ndarray], ref[np.ndarray]]] = []  # the last series, its mean and the result


class Standardize(Transform):
    """Subtracts the mean of each column and divides by its standard deviation, both computed on the training rows.

    A constant column becomes 0. In a table, the numeric columns are standardized. For windows of a series, every time
    step in a training window counts once, and the target is standardized too: with the statistics of its column if it
    is one of the columns, otherwise with those of the training targets. Scores are reported in the original unit.
    """

    name: Literal["standardize"] = "standardize"
    is_invertible = True

    def outline(self, task: Task) -> Task:
        check_numbers(self.name, task.input)
        return task.with_input(replace(task.input, rescaled=True))

    def measured(self, task: Task, state: State) -> Task:
        if "target" not in state:
            return task
        mean, deviation = state["target"].tolist()
        return task.with_output(scaled(task.output, deviation, mean))

    def fit(self, rows: Rows, task: Task) -> State:
        if isinstance(rows.x, Windows):
            return _fit_series(rows.x, rows.y if len(rows.targets) == 1 else None)
        numbers = numbers_of(rows)
        mean, deviation = _moments(numbers)
        return {"mean": mean, "deviation": deviation}

    def apply(self, rows: Rows, state: State) -> Rows:
        if isinstance(rows.x, Windows):
            rows = rows.with_x(replace(rows.x, series=_standardized(rows.x.series, state)))
            if not rows.targets or "target" not in state:
                return rows
            mean, deviation = state["target"]
            return rows.with_y(((rows.y - mean) / deviation).astype(np.float32))
        return with_numbers(rows, (numbers_of(rows) - state["mean"]) / state["deviation"])

    def layer(self, state: State) -> keras.layers.Layer:
        from keras import layers

        axes: Any = tuple(range(1, state["mean"].ndim + 1))  # each number of a row separately
        return layers.Normalization(axis=axes, mean=state["mean"], variance=np.square(state["deviation"]))

    def of_target(self, output: Output, state: State) -> Output:
        if len(state["mean"]) == 1:
            return scaled(output, float(state["deviation"][0]), float(state["mean"][0]))
        raise ConfigError("standardize of a target with several columns: list it for each as a target of its own.")


def _fit_series(windows: Windows, y: np.ndarray | None) -> State:
    mean, deviation = _moments(windows.series[windows.covered()])
    if y is None:  # several targets have transforms of their own
        return {"mean": mean, "deviation": deviation}
    target = windows.target
    of_target = _moments(y.reshape(-1)) if target is None else (mean[target], deviation[target])
    return {"mean": mean, "deviation": deviation, "target": np.array(of_target)}


def _standardized(series: np.ndarray, state: State) -> np.ndarray:
    """Return the standardized series as float32; training, validation and test rows share one copy."""
    for source, mean, made in _made:
        found = made()
        if source() is series and mean() is state["mean"] and found is not None:
            return found
    found = ((series - state["mean"]) / state["deviation"]).astype(np.float32)
    _made[:] = [(ref(series), ref(state["mean"]), ref(found))]
    return found


def _moments(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation of each column, with 1 in place of a standard deviation of 0."""
    deviation = np.asarray(np.nanstd(numbers, axis=0, dtype=np.float64))
    return np.asarray(np.nanmean(numbers, axis=0, dtype=np.float64)), np.where(deviation > 0, deviation, 1.0)
