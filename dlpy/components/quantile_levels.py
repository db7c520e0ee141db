"""The quantiles that a loss asks for, as a transform of the task: rows stay as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.data.task import Output, State, Task
from dlpy.data.windows import LEAST_STEP

_MOST_ROWS = 20_000  # that the quantiles are those of


def changes_of(rows: Rows, output: Output) -> np.ndarray:
    """Return the targets of rows as the model predicts them: with differences, the changes from the last values."""
    if not output.from_last or not isinstance(rows.x, Windows) or rows.x.target is None:
        return rows.y
    past = rows.x.numbers()[:, :, rows.x.target]
    changes = rows.y.reshape(len(rows), -1) - past[:, -1:]
    if not output.by_window or past.shape[1] < 2:
        return changes
    return changes / (np.abs(np.diff(past, axis=1)).mean(axis=1, keepdims=True) + LEAST_STEP)


class QuantileLevels(Transform):
    """Lets the model predict several quantiles of each number of a numeric target."""

    keeps_rows = True

    name: str = "quantile_levels"
    levels: tuple[float, ...]
    """The quantiles, in ascending order."""
    keys: tuple[str | int, ...] = ("training", "loss")
    """Where they are given in the experiment file."""

    def outline(self, task: Task) -> Task:
        if len(task.outputs) > 1:
            raise ConfigError("pinball needs a single target.")
        output = task.output
        if output.kind == "unknown":
            return task
        if output.kind != "regression" or output.is_count:
            what = "a count" if output.is_count else output.kind
            raise ConfigError(f"pinball needs a target of numbers; this one is {what}.")
        units = None if output.units is None else output.units * len(self.levels)
        return task.with_output(replace(output, units=units, quantiles=self.levels))

    def measured(self, task: Task, state: State) -> Task:
        if "start" not in state or task.output.kind != "regression":
            return task
        return task.with_output(replace(task.output, start=tuple(state["start"].astype(float).tolist())))

    def fit(self, rows: Rows, task: Task) -> State:
        """Return the quantiles of each number of the training targets, or of its changes where these are predicted."""
        if task.output.kind != "regression":
            return {}
        chosen = rows.take(np.unique(np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(np.int64)))
        numbers = changes_of(chosen, task.output).reshape(len(chosen), -1)
        start = np.nanquantile(numbers.astype(np.float64), self.levels, axis=0).T
        return {"start": np.nan_to_num(start).astype(np.float32).reshape(-1)}

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows
