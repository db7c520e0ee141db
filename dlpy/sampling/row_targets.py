"""The transform that makes the rows themselves the target of a generative model."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Scaled, value_span
from dlpy.data.rows import Rows
from dlpy.data.task import Output, State, Task


class RowsAsTargets(Transform):
    """Leaves rows unchanged and learns their smallest and largest number; class labels are kept."""

    name: str = "rows as targets"
    keeps_rows: ClassVar[bool] = True

    def outline(self, task: Task) -> Task:
        if task.input.kind != "array":
            raise ConfigError(f"generative models need rows of numbers, such as images, not {task.input}.")
        return task.with_output(_labelled(task.output))

    def measured(self, task: Task, state: State) -> Task:
        low, high = state["span"].tolist()
        return task.with_input(replace(task.input, span=(low, high)))

    def fit(self, rows: Rows, task: Task) -> State:
        low, high = value_span(rows.x)
        if isinstance(rows.x, Scaled):
            low, high = sorted(limit * rows.x.scale + rows.x.offset for limit in (low, high))
        return {"span": np.array([low, high], np.float32)}

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows


def _labelled(output: Output) -> Output:
    """Return the output with its labels as known classes that are not predicted."""
    count = output.class_count
    names = output.classes or tuple(map(str, range(count)))
    return replace(output, kind="inputs", classes=names if output.has_classes else (), from_last=False)
