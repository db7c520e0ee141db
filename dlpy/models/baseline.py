"""A forecast without any learning, as a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Task
from dlpy.models._sequences import value_at

if TYPE_CHECKING:
    import keras


class Baseline(Model):
    """The target's last value, or that at the same time of an earlier period: nothing is trained."""

    name: Literal["baseline"] = "baseline"
    kind: Literal["last_value", "period_before"] = "last_value"
    """Which value of the window is the forecast; period_before needs data.period."""

    def check(self, task: Task) -> None:
        if len(task.input.shape) != 2 or task.input.target is None:
            raise ConfigError("baseline needs windows of a series with the target among the columns, on one scale.")
        if self.kind == "period_before" and task.input.before is None:
            raise ConfigError("period_before needs data.period, and a data.step that takes the row so far back.")
        if task.output.from_last:
            raise ConfigError("baseline gives the value itself, not a change: set data.difference: false.")

    def _time_step(self, given: Input) -> int | None:
        return given.last if self.kind == "last_value" else given.before

    def build(self, task: Task) -> keras.Model:
        import keras

        inputs = keras.Input(task.input.shape, name="input")
        return keras.Model(inputs, value_at(inputs, task.input, self._time_step(task.input)))
