"""Windows of a series read backwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from dlpy.components import Transform
from dlpy.data import Rows, State, Task
from dlpy.errors import ConfigError
from dlpy.features import Windows


class Reverse(Transform):
    """Each window with its last step first."""

    name: Literal["reverse"] = "reverse"

    def outline(self, task: Task) -> Task:
        if task.input.kind != "array" or len(task.input.shape) != 2:
            raise ConfigError(f"reverse fits windows of a series, not {task.input}.")
        return task

    def apply(self, rows: Rows, state: State) -> Rows:
        if not isinstance(rows.x, Windows):
            return rows.with_x(rows.array[:, ::-1])
        return rows.with_x(replace(rows.x, offsets=rows.x.offsets[::-1]))
