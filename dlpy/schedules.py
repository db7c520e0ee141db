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

    def stretched(self, factor: float) -> Self:
        counts = {
            name: getattr(self, name) for name in ("decay_steps", "warmup_steps") if name in type(self).model_fields
        }
        return self.model_copy(update={name: _times(count, factor) for name, count in counts.items()})


def _times(steps: int, factor: float) -> int:
    """Return a number of steps multiplied by a factor; 0 stays 0, and others are at least 1."""
    return max(1, round(steps * factor)) if steps else 0


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

    def stretched(self, factor: float) -> Self:
        return self.model_copy(update={"decay_rate": self.decay_rate / factor})  # its steps may be few, as 1


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

    def stretched(self, factor: float) -> Self:
        return self.model_copy(update={"boundaries": [_times(boundary, factor) for boundary in self.boundaries]})


class WarmupCosine(Schedule):
    """Raises the learning rate linearly from 0 to its peak, then lowers it along half a cosine wave: for transformers.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, with the warm-up of Vaswani et al. 2017, arXiv:1706.03762.
    """

    name: Literal["warmup_cosine"] = "warmup_cosine"
    peak_learning_rate: Rate
    """Highest learning rate, at the last step of the warm-up."""
    steps: Annotated[int, Field(ge=2)]
    """Number of all steps, the warm-up included: epochs * steps per epoch; the rate stays at its end afterwards."""
    warmup: Annotated[float, Field(ge=0)] = 0.1
    """Length of the warm-up: below 1 a fraction of all steps, such as 0.1, otherwise a number of steps, such as 500."""
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Final learning rate, as a fraction of the peak."""

    @model_validator(mode="after")
    def _shorter_warmup(self) -> Self:
        if self.warmup >= 1 and self.warmup != int(self.warmup):
            raise ValueError(f"warmup: {self.warmup:g} is neither a fraction below 1 nor a whole number of steps")
        if self.warmup >= self.steps:
            raise ValueError(f"warmup: {self.warmup:g} steps leave none of {self.steps} for the decay; use less")
        return self

    def stretched(self, factor: float) -> Self:
        warmup = self.warmup if self.warmup < 1 else _times(int(self.warmup), factor)
        return self.model_copy(update={"steps": _times(self.steps, factor), "warmup": warmup})

    def build(self) -> keras.optimizers.schedules.LearningRateSchedule:
        """Return the Keras schedule."""
        return _warmup_cosine()(self.peak_learning_rate, self.steps, self.warmup, self.alpha)


class CosLog4(Schedule):
    """Raises the learning rate from 0 to its peak and back four times, each time over twice as many steps.

    Source: RealMLP, Holzmueller et al. 2024, arXiv:2407.04491, section 3.
    """

    name: Literal["coslog4"] = "coslog4"
    peak_learning_rate: Rate
    """Highest learning rate."""
    decay_steps: Steps
    """Number of steps of all four waves: epochs * steps per epoch; the rate stays 0 afterwards."""

    def stretched(self, factor: float) -> Self:
        return self.model_copy(update={"decay_steps": _times(self.decay_steps, factor)})

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


@cache
def _warmup_cosine() -> Any:
    import keras

    ops: Any = keras.ops

    class WarmupCosineSchedule(keras.optimizers.schedules.LearningRateSchedule):
        """The learning rate peak * (step + 1) / warmup, then peak * (alpha + (1 - alpha) (1 + cos(pi t)) / 2)."""

        def __init__(self, peak_learning_rate: float, steps: int, warmup: float = 0.1, alpha: float = 0.0) -> None:
            self._options = {"peak_learning_rate": peak_learning_rate, "steps": steps, "warmup": warmup, "alpha": alpha}
            self._peak, self._alpha = peak_learning_rate, alpha
            self._warmup = int(warmup if warmup >= 1 else warmup * steps)
            self._decay = steps - self._warmup

        def __call__(self, step: Any) -> Any:
            done = ops.cast(step, "float32") + 1.0
            decayed = ops.clip((done - self._warmup) / self._decay, 0.0, 1.0)
            falling = self._alpha + (1 - self._alpha) * (1 + ops.cos(math.pi * decayed)) / 2
            return self._peak * ops.minimum(done / max(1, self._warmup), 1.0) * falling

        def get_config(self) -> dict[str, Any]:
            """Return the arguments of the schedule."""
            return self._options

    return WarmupCosineSchedule
