"""Logarithms of numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Output, State, Task


class Log(Transform):
    """Replaces numbers by their natural logarithm, for prices and other quantities that spread over magnitudes.

    In a table, the numeric columns are transformed. A transformed target is predicted as its logarithm; predictions
    and scores are reported in its own unit.
    """

    name: Literal["log"] = "log"
    is_invertible = True
    comes_first = True
    add: float = 0.0
    """Number added before the logarithm; 1 for counts, which may be 0."""

    def outline(self, task: Task) -> Task:
        if task.input.kind not in ("array", "table"):
            raise ConfigError(f"log requires arrays or tables, not {task.input}.")
        return task.with_input(replace(task.input, rescaled=True))

    def apply(self, rows: Rows, state: State) -> Rows:
        numbers = (rows.x.numeric if isinstance(rows.x, Table) else rows.array.astype(np.float64)) + self.add
        wrong = np.argwhere(numbers <= 0)
        if len(wrong):
            row, value = rows.index[wrong[0, 0]], numbers[tuple(wrong[0])] - self.add
            hint = f"{{name: log, add: {max(1.0, 1 - value):g}}}"
            raise DataError(f"row {row} holds {value:g}, which has no logarithm: use such as {hint}.")
        logarithms = np.log(numbers)
        if isinstance(rows.x, Table):
            return rows.with_x(replace(rows.x, numeric=logarithms))
        return rows.with_x(logarithms.astype(np.float32))

    def of_target(self, output: Output, state: State) -> Output:
        if output.log_of_sum is not None or (output.scale, output.offset) != (1.0, 0.0):
            raise ConfigError("log must be the first transform of a target.")
        return replace(output, log_of_sum=self.add)
