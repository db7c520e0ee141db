"""Learning rates that fall with the number of steps (batches) taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from dlpy.components.objectives import Schedule

if TYPE_CHECKING:
    import keras

Rate = Annotated[float, Field(gt=0)]
Steps = Annotated[int, Field(gt=0)]


class _KerasSchedule(Schedule):
    """A schedule whose options are those of the Keras class."""

    keras_class: ClassVar[str]

    def build(self) -> keras.optimizers.schedules.LearningRateSchedule:
        """Return the Keras schedule."""
        from keras.optimizers import schedules

        return getattr(schedules, self.keras_class)(**self.model_dump(exclude={"name"}))


class ExponentialDecay(_KerasSchedule):
    """Times `decay_rate` every `decay_steps`."""

    name: Literal["exponential_decay"] = "exponential_decay"
    keras_class = "ExponentialDecay"
    initial_learning_rate: Rate
    """The rate at the first step."""
    decay_steps: Steps
    """Steps after which the rate has fallen once."""
    decay_rate: Rate
    """What it is multiplied by."""
    staircase: bool = False
    """Fall at once every `decay_steps` rather than a little at each step."""


class InverseTimeDecay(_KerasSchedule):
    """Divided by 1 + decay_rate * step / decay_steps; Keras 2's `decay=d` is decay_steps 1, decay_rate d."""

    name: Literal["inverse_time_decay"] = "inverse_time_decay"
    keras_class = "InverseTimeDecay"
    initial_learning_rate: Rate
    """The rate at the first step."""
    decay_steps: Steps = 1
    """Steps after which `decay_rate` has been added once."""
    decay_rate: Rate
    """What is added to the divisor."""
    staircase: bool = False
    """Fall at once every `decay_steps` rather than a little at each step."""


class CosineDecay(_KerasSchedule):
    """Down half a cosine wave, after a linear warm-up if asked."""

    name: Literal["cosine_decay"] = "cosine_decay"
    keras_class = "CosineDecay"
    initial_learning_rate: Rate
    """The rate at the first step (of the warm-up, where there is one)."""
    decay_steps: Steps
    """Steps until the end of the fall."""
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The share of the rate that is left in the end."""
    warmup_target: Rate | None = None
    """The rate at the end of the warm-up."""
    warmup_steps: Annotated[int, Field(ge=0)] = 0
    """Steps of the warm-up."""


class PiecewiseConstantDecay(_KerasSchedule):
    """One rate after another."""

    name: Literal["piecewise_constant_decay"] = "piecewise_constant_decay"
    keras_class = "PiecewiseConstantDecay"
    boundaries: list[Steps]
    """Steps after which the next rate holds, ascending."""
    values: list[Rate]
    """The rates, one more than boundaries."""

    @model_validator(mode="after")
    def _one_more_value(self) -> Self:
        if len(self.values) != len(self.boundaries) + 1 or sorted(set(self.boundaries)) != self.boundaries:
            raise ValueError("values must be one more than boundaries, and boundaries ascending")
        return self
