"""One-hot encoding of class labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task


class OneHot(Transform):
    """One-hot encodes class labels, for categorical_crossentropy."""

    name: Literal["one_hot"] = "one_hot"
    on_targets = True

    def outline(self, task: Task) -> Task:
        if len(task.outputs) != 1:
            raise ConfigError("one_hot needs one target: of several, list it under data.targets.")
        if task.output.kind != "multiclass" or task.output.one_hot:
            raise ConfigError(f"one_hot requires multiclass labels; this target is {task.output.kind}.")
        if task.output.is_per_step:
            raise ConfigError("one_hot is for one class in a row, and here each step has one: remove it.")
        return task.with_output(replace(task.output, one_hot=True))

    def fit(self, rows: Rows, task: Task) -> State:
        return {"classes": np.array(task.output.units)}

    def apply(self, rows: Rows, state: State) -> Rows:
        if not rows.targets:
            return rows
        labels, classes = rows.y.reshape(-1), int(state["classes"])
        wrong = np.flatnonzero((labels < 0) | (labels >= classes))
        if len(wrong):
            row = rows.index[wrong[0]]
            raise DataError(f"row {row}: label {labels[wrong[0]]} is not one of the {classes} classes.")
        return rows.with_y(np.eye(classes, dtype=np.float32)[labels.astype(np.int64)])
