"""Numbers brought to another range."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Pictures, Scaled, Windows
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task

if TYPE_CHECKING:
    import keras


class Rescale(Transform):
    """Every number times `scale` plus `offset`: bytes of an image become 0 to 1 by default."""

    name: Literal["rescale"] = "rescale"
    scale: float = 1 / 255
    """What numbers are multiplied by."""
    offset: float = 0.0
    """What is added afterwards."""

    def outline(self, task: Task) -> Task:
        if task.input.kind != "array":
            raise ConfigError(f"rescale fits arrays, not {task.input}.")
        return task.with_input(replace(task.input, target=None, rescaled=True))  # targets stay as they are

    def apply(self, rows: Rows, state: State) -> Rows:
        if isinstance(rows.x, Windows):
            series = Scaled(rows.x.series, self.scale, self.offset).numbers()
            return rows.with_x(replace(rows.x, series=series, target=None))
        if isinstance(rows.x, np.ndarray | Pictures) and rows.x.dtype == np.uint8:
            return rows.with_x(Scaled(rows.x, self.scale, self.offset))
        return rows.with_x(Scaled(rows.array, self.scale, self.offset).numbers())

    def layer(self, state: State) -> keras.layers.Layer:
        from keras import layers

        return layers.Rescaling(self.scale, self.offset)
