"""Logarithms of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.data.stored.mapped_rows import changed
from dlpy.data.task import Output, State, Task
from dlpy.transforms._numbers import check_numbers, numbers_of, with_numbers


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
        check_numbers(self.name, task.input)
        return task.with_input(replace(task.input, target=None, rescaled=True))  # targets stay as they are

    def lower_bound(self) -> float:
        return -self.add

    def apply(self, rows: Rows, state: State) -> Rows:
        if isinstance(rows.x, Windows):
            given = rows.x.series
            series = changed(given, lambda some: self._logarithms(given[some], _numbers(some)).astype(np.float32))
            return rows.with_x(replace(rows.x, series=series, target=None))
        return with_numbers(rows, self._logarithms(numbers_of(rows), rows.index))

    def _logarithms(self, numbers: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Return the logarithms of numbers (rows, ...), whose rows have these positions in the source."""
        sums = numbers.astype(np.float64) + self.add
        wrong = np.argwhere(sums <= 0)
        if len(wrong):
            value = sums[tuple(wrong[0])] - self.add
            hint = f"{{name: log, add: {max(1.0, 1 - value):g}}}"
            raise DataError(f"row {index[wrong[0, 0]]} holds {value:g}, which has no logarithm: use such as {hint}.")
        return np.log(sums)

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        return ops.log(ops.add(numbers, self.add))

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        return {"log": self.add}

    def of_target(self, output: Output, state: State) -> Output:
        if output.log_of_sum is not None or (output.scale, output.offset) != (1.0, 0.0):
            raise ConfigError("log must be the first transform of a target.")
        return replace(output, log_of_sum=self.add)


def _numbers(some: slice) -> np.ndarray:
    """Return the numbers of some rows."""
    return np.arange(some.start, some.stop)
