"""The model family `dlinear`: linear forecasts of trend and season."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.models._series_windows import check_windows

if TYPE_CHECKING:
    import keras


class DLinear(Model):
    """A linear map from the time steps of the trend to the forecasts, and one from those of the season.

    The trend is the moving average of the window, whose ends are repeated; the season is the rest. Columns other than
    the target have maps of their own, which are added. As good as transformers on many series (Zeng et al. 2022, Are
    Transformers Effective for Time Series Forecasting?, arXiv:2205.13504).
    """

    name: Literal["dlinear"] = "dlinear"
    kernel: Annotated[int, Field(gt=0)] = 25
    """Length of the moving average, in time steps; odd. About one season."""
    columns: Literal["all", "target"] = "all"
    """Columns that are used: all, or the target's own past alone, as in the paper. Many columns need many rows."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout rate of the time steps."""

    def check(self, task: Task) -> None:
        check_windows(task, "dlinear")
        if self.kernel % 2 == 0:
            raise ConfigError(f"kernel: the average is around a time step: use an odd number, not {self.kernel}.")
        if self.columns == "target" and task.input.target is None:
            raise ConfigError("columns: target needs the target among the columns of the windows, on one scale.")

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        inputs = keras.Input(task.input.shape, name="input")
        place = task.input.target
        x: Any = inputs
        x = x[:, :, place : place + 1] if self.columns == "target" and place is not None else x
        trend = moving_average(x, self.kernel)
        parts = {"trend": trend, "season": x - trend}
        found = []
        for name, x in parts.items():
            x = layers.Flatten(name=f"{name}_steps")(x)
            x = layers.Dropout(self.dropout)(x) if self.dropout else x
            found.append(layers.Dense(task.output.units, kernel_initializer="zeros", dtype="float32", name=name)(x))
        return keras.Model(inputs, layers.Add(dtype="float32", name="target")(found))


def moving_average(x: Any, kernel: int) -> Any:
    """Return the centred moving average of sequences x (batch, time, columns), the ends repeated: the same shape."""
    from keras import layers
    from keras import ops as keras_ops

    ops: Any = keras_ops
    half = kernel // 2
    if half == 0:
        return x
    first, last = ops.repeat(x[:, :1], half, axis=1), ops.repeat(x[:, -1:], half, axis=1)
    padded = ops.concatenate([first, x, last], axis=1)
    return layers.AveragePooling1D(kernel, strides=1, name="moving_average")(padded)
