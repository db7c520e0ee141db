"""Sets the learning rate by epoch."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dlpy.components.callback import LEARNING_RATE, Callback
from dlpy.components.hooks import Hooks
from dlpy.engine.model_state import set_learning_rate
from dlpy.runs.directory import Run


def _whole_keys(value: Any) -> Any:
    """Return the mapping with integer keys; YAML keys are read as text."""
    if not isinstance(value, dict):
        return value
    return {int(key) if isinstance(key, str) and key.isdecimal() else key: rate for key, rate in value.items()}


class LearningRateSchedule(Callback):
    """Set the learning rate at the start of given epochs: `rates: {1: 0.01, 10: 0.001}`.

    It stays until the next of these epochs, unless `reduce_lr_on_plateau` lowers it.
    """

    sets = (LEARNING_RATE,)

    name: Literal["learning_rate_schedule"] = "learning_rate_schedule"
    rates: Annotated[
        dict[Annotated[int, Field(ge=1)], Annotated[float, Field(gt=0)]],
        BeforeValidator(_whole_keys),
        Field(min_length=1),
    ]
    """Learning rate by the epoch (from 1) it starts at; before the first one, the optimizer's is used."""

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return LearningRateScheduleHooks(self.rates)


class LearningRateScheduleHooks(Hooks):
    """Sets the learning rate at the start of the epochs that have one; the optimizer stores it in between."""

    def __init__(self, rates: dict[int, float]) -> None:
        self._rates = rates

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if epoch + 1 in self._rates:
            set_learning_rate(self.model, self._rates[epoch + 1])

    def state(self) -> dict[str, Any]:
        return {}
