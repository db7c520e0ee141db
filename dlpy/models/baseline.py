"""The model family `baseline`: forecasts that need no training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Task
from dlpy.models._sequences import value_at

if TYPE_CHECKING:
    import keras


class Baseline(Model):
    """Forecasts the last value of the target, or its value one period earlier; nothing is trained."""

    gives_features = False

    name: Literal["baseline"] = "baseline"
    kind: Literal["last_value", "period_before"] = "last_value"
    """Value of the lookback window that is the forecast; period_before needs data.period."""

    def check(self, task: Task) -> None:
        if len(task.input.shape) != 2 or task.input.target is None:
            raise ConfigError(
                "baseline needs windows of a time series with the target among the columns, on one scale."
            )
        if self.kind == "period_before" and task.input.before is None:
            raise ConfigError(
                "period_before needs data.period, and a data.step that hits the row one period before the forecast."
            )
        if task.output.from_last:
            raise ConfigError("baseline forecasts the value, not a difference: set data.difference: false.")

    def _time_step(self, given: Input) -> int | None:
        return given.last if self.kind == "last_value" else given.before

    def build(self, task: Task) -> keras.Model:
        import keras

        inputs = keras.Input(task.input.shape, name="input")
        return keras.Model(inputs, value_at(inputs, task.input, self._time_step(task.input)))
