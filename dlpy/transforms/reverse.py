"""Reversal of sequences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Features, Padded, Scaled, Sequences, Windows
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task


class Reverse(Transform):
    """Reverses each sequence of integers or vectors (time, columns), so that the last step comes first.

    In padded sequences only the integers of each row are reversed; the padding stays in place.
    """

    name: Literal["reverse"] = "reverse"

    def outline(self, task: Task) -> Task:
        if task.input.kind != "sequence" and (task.input.kind != "array" or len(task.input.shape) != 2):
            raise ConfigError(f"reverse requires sequences of integers or vectors (time, columns), not {task.input}.")
        if any(output.is_per_step for output in task.outputs.values()):
            raise ConfigError("reverse would move the steps away from their classes: remove it.")
        if task.input.whole and task.input.padding:
            raise ConfigError("reverse would put the end of shorter series first: remove it.")
        return task

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows.with_x(_reversed(rows.x))

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        return ops.flip(numbers, axis=1)


def _reversed(features: Features) -> Features:
    if isinstance(features, Sequences | Padded):
        ends = features.splits[:-1] + features.splits[1:] - 1
        places = np.repeat(ends, np.diff(features.splits)) - np.arange(len(features.values))
        return replace(features, values=features.values[places])
    if isinstance(features, Windows):
        return replace(features, offsets=features.offsets[::-1])
    if isinstance(features, Scaled):
        return replace(features, array=features.held[:, ::-1])
    if isinstance(features, np.ndarray):
        return features[:, ::-1]
    raise ConfigError("reverse requires sequences.")
