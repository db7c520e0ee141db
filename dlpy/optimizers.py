"""Keras optimizers, with Keras' defaults."""

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
    """Options shared by all Keras optimizers; subclasses name the Keras class and add their own options."""

    keras_class: ClassVar[str]
    hints: ClassVar = {
        "lr": "Use 'learning_rate'.",
        "decay": "Set learning_rate to a schedule: {name: inverse_time_decay, decay_rate: ..., ...}.",
    }

    learning_rate: Rate = 0.001
    """Learning rate: a positive number, or a schedule such as {name: exponential_decay, ...}."""
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    """Weight decay: each step subtracts learning_rate * weight_decay * weight from every weight; null: none."""
    clipnorm: Positive | None = None
    """Maximum norm of the gradient of each weight array; null: no clipping."""
    clipvalue: Positive | None = None
    """Maximum absolute value of each gradient element; null: no clipping."""
    global_clipnorm: Positive | None = None
    """Maximum norm of the gradient of all weights together; null: no clipping."""
    use_ema: bool = False
    """Whether to keep an exponential moving average of the weights, which is then validated and saved."""
    ema_momentum: Share = 0.99
    """Momentum of that average; the closer to 1, the slower it changes."""

    @model_validator(mode="after")
    def _one_clip(self) -> Self:
        clips = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, name) is not None]
        if len(clips) > 1:
            raise ValueError(f"give only one of {', '.join(clips)}")
        return self

    def build(self) -> keras.optimizers.Optimizer:
        """Return a new Keras optimizer."""
        from keras import optimizers

        # name it; otherwise Keras numbers it by how many were built before, and model.keras stores that
        options = {name: getattr(self, name) for name in type(self).model_fields}
        if isinstance(self.learning_rate, Schedule):
            options["learning_rate"] = self.learning_rate.build()
        return getattr(optimizers, self.keras_class)(**options)


class SGD(KerasOptimizer):
    """Stochastic gradient descent, optionally with momentum."""

    name: Literal["sgd"] = "sgd"
    keras_class = "SGD"
    learning_rate: Rate = 0.01
    """Learning rate: a positive number, or a schedule such as {name: exponential_decay, ...}."""
    momentum: Share = 0.0
    """Momentum: fraction of the previous step added to the current one."""
    nesterov: bool = False
    """Whether to use Nesterov momentum."""


class RMSprop(KerasOptimizer):
    """RMSprop: divides the gradient by a moving average of its size. `epsilon: 1e-16` matches Keras 2 and the book."""

    name: Literal["rmsprop"] = "rmsprop"
    keras_class = "RMSprop"
    rho: Share = 0.9
    """Decay rate of the average of squared gradients."""
    momentum: Share = 0.0
    """Momentum: fraction of the previous step added to the current one."""
    epsilon: Positive = 1e-7
    """Constant added to the average of squared gradients, inside the square root."""
    centered: bool = False
    """Whether to normalize by the variance of the gradient instead of its mean square."""


class _Adaptive(KerasOptimizer):
    """Options of the optimizers that average the gradient and its square."""

    beta_1: Share = 0.9
    """Decay rate of the average gradient."""
    beta_2: Share = 0.999
    """Decay rate of the average of squared gradients."""
    epsilon: Positive = 1e-7
    """Constant added to the square root of the average of squared gradients."""


class Adam(_Adaptive):
    """Adam: moving averages of the gradient and its square."""

    name: Literal["adam"] = "adam"
    keras_class = "Adam"
    amsgrad: bool = False
    """Whether to use AMSGrad, which divides by the maximum of the averages so far."""


class AdamW(_Adaptive):
    """Adam with decoupled weight decay."""

    name: Literal["adamw"] = "adamw"
    keras_class = "AdamW"
    weight_decay: Annotated[float, Field(ge=0)] | None = 0.004
    """Weight decay: each step subtracts learning_rate * weight_decay * weight from every weight; null: none."""
    amsgrad: bool = False
    """Whether to use AMSGrad, which divides by the maximum of the averages so far."""


class Adamax(_Adaptive):
    """Adamax: Adam with the infinity norm of the gradients instead of their mean square."""

    name: Literal["adamax"] = "adamax"
    keras_class = "Adamax"


class Nadam(_Adaptive):
    """Adam with Nesterov momentum."""

    name: Literal["nadam"] = "nadam"
    keras_class = "Nadam"


class Adagrad(KerasOptimizer):
    """Adagrad: divides the gradient by the root of the sum of all squared gradients so far."""

    name: Literal["adagrad"] = "adagrad"
    keras_class = "Adagrad"
    initial_accumulator_value: Annotated[float, Field(ge=0)] = 0.1
    """Initial value of the sum of squared gradients."""
    epsilon: Positive = 1e-7
    """Constant added to the sum of squared gradients, inside the square root."""


class Adadelta(KerasOptimizer):
    """Adadelta: Adagrad with a moving average instead of the sum, and steps in the unit of the weights."""

    name: Literal["adadelta"] = "adadelta"
    keras_class = "Adadelta"
    rho: Share = 0.95
    """Decay rate of the averages."""
    epsilon: Positive = 1e-7
    """Constant added to the averages, inside the square root."""


class Lion(KerasOptimizer):
    """Lion: steps of constant size in the direction of the sign of the momentum."""

    name: Literal["lion"] = "lion"
    keras_class = "Lion"
    beta_1: Share = 0.9
    """Weight of the momentum, as opposed to the gradient, in the direction of a step."""
    beta_2: Share = 0.99
    """Decay rate of the momentum."""
