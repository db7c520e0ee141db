"""Standardization of numbers to mean 0 and standard deviation 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlpy.components.named_transform import scaled
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Windows
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import Output, State, Task
from dlpy.transforms._moments import apply_by_series, fit_by_series, fit_series, moments, standardized
from dlpy.transforms._moments_of_pieces import moments_of_pieces
from dlpy.transforms._numbers import (
    check_numbers,
    numbers_of,
    numbers_to_fit,
    scaled_beside,
    scaled_in_graph,
    with_numbers,
)

if TYPE_CHECKING:
    import keras


class Standardize(Transform):
    """Subtracts the mean of each column and divides by its standard deviation, both computed on the training rows.

    A constant column becomes 0. In a table, the numeric columns are standardized; of whole series, each channel by its
    mean over all steps of all series. For windows of a series, every time
    step in a training window counts once, and the target is standardized too: with the statistics of its column if it
    is one of the columns, otherwise with those of the training targets. Scores are reported in the original unit. Of
    several series in one file, each has a mean and a deviation of its own, and scores are in these deviations.
    """

    name: Literal["standardize"] = "standardize"
    is_invertible = True

    def outline(self, task: Task) -> Task:
        check_numbers(self.name, task.input)
        if task.input.several and len(task.outputs) == 1:
            task = task.with_output(replace(task.output, by_series=True))
        return task.with_input(replace(task.input, rescaled=True))

    def measured(self, task: Task, state: State) -> Task:
        if "target" not in state or "series" in state:
            return task
        mean, deviation = state["target"].tolist()
        return task.with_output(scaled(task.output, deviation, mean))

    def fit(self, rows: Rows, task: Task) -> State:
        if isinstance(rows.x, Windows) and rows.x.ids:
            return fit_by_series(rows.x, rows.y)
        if isinstance(rows.x, Windows):
            return fit_series(rows.x, rows.y if len(rows.targets) == 1 else None)
        mean, deviation = moments(numbers_to_fit(rows, task.input))
        return {"mean": mean, "deviation": deviation}

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        mean, deviation = moments_of_pieces(pieces)
        return {"mean": mean, "deviation": deviation}

    def apply(self, rows: Rows, state: State) -> Rows:
        if "series" in state:
            return apply_by_series(rows, state)
        if isinstance(rows.x, Windows):
            rows = rows.with_x(replace(rows.x, series=standardized(rows.x.series, state)))
            if not rows.targets or "target" not in state:
                return rows
            mean, deviation = state["target"]
            return rows.with_y(((rows.y - mean) / deviation).astype(np.float32))
        return with_numbers(rows, (numbers_of(rows) - state["mean"]) / state["deviation"])

    def layer(self, state: State) -> keras.layers.Layer | None:
        if "series" in state:  # a window does not say which series it is of
            return None
        from keras import layers

        # each number of a row separately; of series, each channel
        axes: Any = -1 if state["mean"].ndim == 1 else tuple(range(1, state["mean"].ndim + 1))
        return layers.Normalization(axis=axes, mean=state["mean"], variance=np.square(state["deviation"]))

    def in_graph(self, numbers: Any, state: State) -> Any:
        if "series" in state:
            return None
        return scaled_in_graph(numbers, state["mean"], state["deviation"])

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        return scaled_beside(state["mean"], state["deviation"])

    def of_target(self, output: Output, state: State) -> Output:
        if len(state["mean"]) == 1:
            return scaled(output, float(state["deviation"][0]), float(state["mean"][0]))
        raise ConfigError("standardize of a target with several columns: list it for each as a target of its own.")
