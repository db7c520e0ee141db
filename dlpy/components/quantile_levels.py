"""The quantiles that a loss asks for, as a transform of the task: rows stay as they are."""

from __future__ import annotations

from dataclasses import replace

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task


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

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows
