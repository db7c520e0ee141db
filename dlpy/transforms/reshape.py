"""Reshaping of rows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Pictures, Scaled, Windows
from dlpy.data.rows import Rows
from dlpy.data.task import Input, State, Task

if TYPE_CHECKING:
    import keras

Length = Annotated[int, Field(ge=-1)]


class Reshape(Transform):
    """Reshapes each row: [-1] flattens it, [28, 28, 1] makes it a grayscale image."""

    name: Literal["reshape"] = "reshape"
    shape: Annotated[list[Length], Field(min_length=1)]
    """New shape of a row, e.g. [28, 28, 1]; one dimension may be -1 and is inferred."""

    def outline(self, task: Task) -> Task:
        if task.input.kind != "array":
            raise ConfigError(f"reshape requires arrays, not {task.input}.")
        if task.input.whole and task.input.padding:
            raise ConfigError("reshape would hide where shorter series end: remove it.")
        return task.with_input(Input("array", self._reshaped(task.input.shape), rescaled=task.input.rescaled))

    def fit(self, rows: Rows, task: Task) -> State:
        x = rows.x
        if isinstance(x, np.ndarray | Scaled | Pictures | Windows):
            self._reshaped(x.shape[1:])  # the outline may have left it open
        return {}

    def _reshaped(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the new shape of rows, with None for a size that is not known yet.

        Raises:
            ConfigError: rows have more or fewer numbers.
        """
        if None in shape:
            return tuple(None if n == -1 else n for n in self.shape)
        size = math.prod(n for n in shape if n is not None)
        known = math.prod(n for n in self.shape if n != -1)
        unknown = self.shape.count(-1)
        if unknown > 1 or known == 0 or (size % known if unknown else size != known):
            raise ConfigError(f"cannot reshape rows of shape {shape} to {self.shape}.")
        return tuple(size // known if n == -1 else n for n in self.shape)

    def apply(self, rows: Rows, state: State) -> Rows:
        if isinstance(rows.x, Scaled):
            return rows.with_x(replace(rows.x, array=rows.x.held.reshape(len(rows), *self.shape)))
        return rows.with_x(rows.array.reshape(len(rows), *self.shape))

    def layer(self, state: State) -> keras.layers.Layer:
        from keras import layers

        return layers.Reshape(self.shape)
