"""The pinball loss: several quantiles of each number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, field_validator

from dlpy.components.objectives import Loss
from dlpy.components.quantile_levels import QuantileLevels
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.quantiles import MEDIAN
from dlpy.data.task import Task

if TYPE_CHECKING:
    import keras


class Pinball(Loss):
    """Quantile loss: the model predicts several quantiles of each number, in ascending order, such as a band of 80 %.

    Metrics score the median. `dlpy evaluate` shows how often the bands hold the truth, and `dlpy predict` writes all
    quantiles.
    """

    name: Literal["pinball"] = "pinball"
    quantiles: Annotated[list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=1)] = [0.1, 0.5, 0.9]
    """Levels of the quantiles, each between 0 and 1 and one of them 0.5: [0.1, 0.5, 0.9] is a band of 80 % around the
    median."""

    conformal: bool = True
    """Make each band wider or narrower after training, by a factor, so that it holds the truth of validation rows as
    often as asked (conformalized quantiles). Of a series, the factor goes on to change with each known row: wider after
    forecasts whose band missed it, narrower after others (adaptive conformal inference). false: bands stay as
    learned."""

    @field_validator("quantiles")
    @classmethod
    def _ascend(cls, levels: list[float]) -> list[float]:
        if MEDIAN not in levels:
            raise ValueError("add 0.5: the median is the point prediction")
        if sorted(set(levels)) != levels:
            raise ValueError("expected ascending levels, each once, such as [0.1, 0.5, 0.9]")
        return levels

    def transforms(self) -> list[Transform]:
        return [QuantileLevels(levels=tuple(self.quantiles))]

    def check(self, task: Task) -> None:
        if task.output.kind != "regression" or not task.output.quantiles:
            what = "there are several" if task.output.kind == "regression" else f"this one is {task.output.kind}"
            raise ConfigError(f"pinball needs a single target of numbers; {what}.")

    def build(self) -> keras.losses.Loss:
        import keras
        from keras import ops as keras_ops

        ops: Any = keras_ops
        levels = np.array(self.quantiles, np.float32)

        class PinballLoss(keras.losses.Loss):
            """The mean pinball loss of (batch, numbers x quantiles) for targets (batch, numbers)."""

            def call(self, y_true: Any, y_pred: Any) -> Any:
                numbers = y_pred.shape[-1] // len(levels)
                target = ops.reshape(ops.cast(y_true, y_pred.dtype), (-1, numbers, 1))
                errors = target - ops.reshape(y_pred, (-1, numbers, len(levels)))
                return ops.mean(ops.maximum(levels * errors, (levels - 1) * errors), axis=(1, 2))

        return PinballLoss(name=self.name)
