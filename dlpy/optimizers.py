"""Keras' optimizers, with Keras' defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import PydanticCustomError, core_schema

from dlpy.components.objectives import Optimizer, Schedule
from dlpy.core.options import Slot

if TYPE_CHECKING:
    import keras


class _RateSlot(Slot):
    """A learning rate: a positive number, or a schedule."""

    def parse(self, value: object) -> float | Schedule:  # type: ignore
        if isinstance(value, int | float) and not isinstance(value, bool):
            if value <= 0:
                raise PydanticCustomError(
                    "component", "{message}", {"message": f"must be greater than 0, got {value}."}
                )
            return float(value)
        return super().parse(value)  # type: ignore

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        schedule = super().__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, schedule]}


Rate = Annotated[float | Schedule, _RateSlot(Schedule.registry)]
Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


class KerasOptimizer(Optimizer):
    """What all of Keras' optimizers take. A subclass names the Keras class and adds its own options."""

    keras_class: ClassVar[str]
    hints: ClassVar = {
        "lr": "It is called 'learning_rate'.",
        "decay": "Give learning_rate a schedule: {name: inverse_time_decay, decay_rate: ..., ...}.",
    }

    learning_rate: Rate = 0.001
    """Step size: a number, or a schedule such as {name: exponential_decay, ...}."""
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    """Share of each weight taken away at every step."""
    clipnorm: Positive | None = None
    """Longest gradient allowed for one weight array."""
    clipvalue: Positive | None = None
    """Largest gradient allowed for one weight."""
    global_clipnorm: Positive | None = None
    """Longest gradient allowed for all weights together."""
    use_ema: bool = False
    """Keep a moving average of the weights: it is what is validated and kept, while training goes on beside it."""
    ema_momentum: Share = 0.99
    """How slowly that average moves."""

    @model_validator(mode="after")
    def _one_clip(self) -> Self:
        clips = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, name) is not None]
        if len(clips) > 1:
            raise ValueError(f"give only one of {', '.join(clips)}")
        return self

    def build(self) -> keras.optimizers.Optimizer:
        """Return a new Keras optimizer."""
        from keras import optimizers

        # with its name, else Keras counts how many were built before, and the run's model.keras tells
        options = {name: getattr(self, name) for name in type(self).model_fields}
        if isinstance(self.learning_rate, Schedule):
            options["learning_rate"] = self.learning_rate.build()
        return getattr(optimizers, self.keras_class)(**options)


class SGD(KerasOptimizer):
    """Gradient descent, with momentum if asked."""

    name: Literal["sgd"] = "sgd"
    keras_class = "SGD"
    learning_rate: Rate = 0.01
    """Step size: a number, or a schedule such as {name: exponential_decay, ...}."""
    momentum: Share = 0.0
    """Share of the last step that is added to this one."""
    nesterov: bool = False
    """Look ahead along the momentum."""


class RMSprop(KerasOptimizer):
    """Steps divided by the recent size of the gradient. `epsilon: 1e-16` gives the rule of Keras 2, as in the book."""

    name: Literal["rmsprop"] = "rmsprop"
    keras_class = "RMSprop"
    rho: Share = 0.9
    """How slowly the average of squared gradients moves."""
    momentum: Share = 0.0
    """Share of the last step that is added to this one."""
    epsilon: Positive = 1e-7
    """Added to the average squared gradient, under the root."""
    centered: bool = False
    """Divide by the gradient's variance rather than its mean square."""


class _Adaptive(KerasOptimizer):
    """Moving averages of the gradient and of its square."""

    beta_1: Share = 0.9
    """How slowly the average gradient moves."""
    beta_2: Share = 0.999
    """How slowly the average of squared gradients moves."""
    epsilon: Positive = 1e-7
    """Added to the root of the average squared gradient."""


class Adam(_Adaptive):
    """Momentum and steps divided by the recent size of the gradient."""

    name: Literal["adam"] = "adam"
    keras_class = "Adam"
    amsgrad: bool = False
    """Divide by the largest average so far."""


class AdamW(_Adaptive):
    """Adam with decoupled weight decay."""

    name: Literal["adamw"] = "adamw"
    keras_class = "AdamW"
    weight_decay: Annotated[float, Field(ge=0)] | None = 0.004
    """Share of each weight taken away at every step."""
    amsgrad: bool = False
    """Divide by the largest average so far."""


class Adamax(_Adaptive):
    """Adam with the largest recent gradient in place of the mean square."""

    name: Literal["adamax"] = "adamax"
    keras_class = "Adamax"


class Nadam(_Adaptive):
    """Adam with Nesterov momentum."""

    name: Literal["nadam"] = "nadam"
    keras_class = "Nadam"


class Adagrad(KerasOptimizer):
    """Steps divided by the size of all gradients so far."""

    name: Literal["adagrad"] = "adagrad"
    keras_class = "Adagrad"
    initial_accumulator_value: Annotated[float, Field(ge=0)] = 0.1
    """Where the sum of squared gradients starts."""
    epsilon: Positive = 1e-7
    """Added to the sum of squared gradients, under the root."""


class Adadelta(KerasOptimizer):
    """Adagrad over a window, with steps in the weights' own unit."""

    name: Literal["adadelta"] = "adadelta"
    keras_class = "Adadelta"
    rho: Share = 0.95
    """How slowly the averages move."""
    epsilon: Positive = 1e-7
    """Added to the averages, under the root."""


class Lion(KerasOptimizer):
    """Steps of one size in the direction of the momentum's sign."""

    name: Literal["lion"] = "lion"
    keras_class = "Lion"
    beta_1: Share = 0.9
    """Share of the momentum in the direction of a step."""
    beta_2: Share = 0.99
    """How slowly the momentum moves."""
