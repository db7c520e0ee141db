"""Rescaling of numbers to another range."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.named_transform import scaled
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Pictures, Scaled, Windows
from dlpy.data.rows import Rows
from dlpy.data.stored.mapped_rows import changed
from dlpy.data.task import Output, State, Task

if TYPE_CHECKING:
    import keras


class Rescale(Transform):
    """Multiplies every number by `scale` and adds `offset`. By default image bytes are rescaled to [0, 1]."""

    name: Literal["rescale"] = "rescale"
    is_invertible = True
    scale: float = 1 / 255
    """Factor by which numbers are multiplied. Default: 1/255."""
    offset: float = 0.0
    """Number added after the multiplication."""

    def outline(self, task: Task) -> Task:
        if task.input.kind != "array":
            raise ConfigError(f"rescale requires arrays, not {task.input}.")
        return task.with_input(replace(task.input, target=None, rescaled=True))  # targets are not rescaled

    def apply(self, rows: Rows, state: State) -> Rows:
        if isinstance(rows.x, Windows):
            given = rows.x.series
            series = changed(given, lambda some: Scaled(given[some], self.scale, self.offset).numbers())
            return rows.with_x(replace(rows.x, series=series, target=None))
        if isinstance(rows.x, np.ndarray | Pictures) and rows.x.dtype == np.uint8:
            return rows.with_x(Scaled(rows.x, self.scale, self.offset))
        return rows.with_x(Scaled(rows.array, self.scale, self.offset).numbers())

    def layer(self, state: State) -> keras.layers.Layer:
        from keras import layers

        return layers.Rescaling(self.scale, self.offset)

    def of_target(self, output: Output, state: State) -> Output:
        if self.scale == 0:
            raise ConfigError("rescale by 0 leaves nothing of a target.")
        return scaled(output, 1 / self.scale, -self.offset / self.scale)
