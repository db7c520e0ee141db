"""Learning rate schedules: Keras' decay functions of the number of steps (batches)."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from dlpy.components.objectives import Schedule

if TYPE_CHECKING:
    import keras

Rate = Annotated[float, Field(gt=0)]
Steps = Annotated[int, Field(gt=0)]


class _KerasSchedule(Schedule):
    """A schedule with the options of the Keras class."""

    keras_class: ClassVar[str]

    def build(self) -> keras.optimizers.schedules.LearningRateSchedule:
        """Return the Keras schedule."""
        from keras.optimizers import schedules

        return getattr(schedules, self.keras_class)(**self.model_dump(exclude={"name"}))


class ExponentialDecay(_KerasSchedule):
    """Multiplies the learning rate by `decay_rate` every `decay_steps` steps."""

    name: Literal["exponential_decay"] = "exponential_decay"
    keras_class = "ExponentialDecay"
    initial_learning_rate: Rate
    """Learning rate at the first step."""
    decay_steps: Steps
    """Number of steps per multiplication by `decay_rate`."""
    decay_rate: Rate
    """Factor by which the learning rate is multiplied."""
    staircase: bool = False
    """Whether to decay once every `decay_steps` instead of continuously."""


class InverseTimeDecay(_KerasSchedule):
    """Divides the learning rate by 1 + decay_rate * step / decay_steps; Keras 2's `decay=d` is `decay_rate: d`."""

    name: Literal["inverse_time_decay"] = "inverse_time_decay"
    keras_class = "InverseTimeDecay"
    initial_learning_rate: Rate
    """Learning rate at the first step."""
    decay_steps: Steps = 1
    """Number of steps after which `decay_rate` has been added once to the divisor."""
    decay_rate: Rate
    """Amount added to the divisor every `decay_steps` steps."""
    staircase: bool = False
    """Whether to decay once every `decay_steps` instead of continuously."""


class CosineDecay(_KerasSchedule):
    """Lowers the learning rate along half a cosine wave, after an optional linear warm-up."""

    name: Literal["cosine_decay"] = "cosine_decay"
    keras_class = "CosineDecay"
    initial_learning_rate: Rate
    """Learning rate at the first step (of the warm-up, if there is one)."""
    decay_steps: Steps
    """Number of steps of the decay, after the warm-up."""
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Final learning rate, as a fraction of the rate at the start of the decay."""
    warmup_target: Rate | None = None
    """Learning rate at the end of the warm-up; null: no warm-up."""
    warmup_steps: Annotated[int, Field(ge=0)] = 0
    """Number of steps of the warm-up."""


class PiecewiseConstantDecay(_KerasSchedule):
    """Piecewise constant learning rates."""

    name: Literal["piecewise_constant_decay"] = "piecewise_constant_decay"
    keras_class = "PiecewiseConstantDecay"
    boundaries: list[Steps]
    """Steps after which the next learning rate applies, ascending, such as [1000, 5000]."""
    values: list[Rate]
    """Learning rates, one more than boundaries, such as [0.01, 0.001, 0.0001]."""

    @model_validator(mode="after")
    def _one_more_value(self) -> Self:
        if len(self.values) != len(self.boundaries) + 1 or sorted(set(self.boundaries)) != self.boundaries:
            raise ValueError("give one more value than boundaries, and ascending boundaries")
        return self


class CosLog4(Schedule):
    """Raises the learning rate from 0 to its peak and back four times, each time over twice as many steps.

    Source: RealMLP, Holzmueller et al. 2024, arXiv:2407.04491, section 3.
    """

    name: Literal["coslog4"] = "coslog4"
    peak_learning_rate: Rate
    """Highest learning rate."""
    decay_steps: Steps
    """Number of steps of all four waves: epochs * steps per epoch; the rate stays 0 afterwards."""

    def build(self) -> keras.optimizers.schedules.LearningRateSchedule:
        """Return the Keras schedule."""
        return _cos_log_4()(self.peak_learning_rate, self.decay_steps)


@cache
def _cos_log_4() -> Any:
    import keras

    ops: Any = keras.ops

    class CosLog4Schedule(keras.optimizers.schedules.LearningRateSchedule):
        """The learning rate peak * (1 - cos(2 pi log2(1 + 15 t))) / 2 at the share t of all steps."""

        def __init__(self, peak_learning_rate: float, decay_steps: int) -> None:
            self._peak, self._steps = peak_learning_rate, decay_steps

        def __call__(self, step: Any) -> Any:
            share = ops.minimum(ops.cast(step, "float32") / self._steps, 1.0)
            return self._peak * (1 - ops.cos(2 * math.pi * ops.log2(1 + 15 * share))) / 2

        def get_config(self) -> dict[str, Any]:
            """Return the arguments of the schedule."""
            return {"peak_learning_rate": self._peak, "decay_steps": self._steps}

    return CosLog4Schedule
