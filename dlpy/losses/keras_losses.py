"""Keras losses, with the targets that each one fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlpy.components.objectives import Loss
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.data.units import refuse_own_scales
from dlpy.scores.regression_scores import best_constant, mean

if TYPE_CHECKING:
    import keras

_ONE_HOT_HINT = "needs one-hot labels: add 'one_hot' to data.transforms"


class KerasLoss(Loss):
    """A Keras loss; subclasses define its options and the targets it fits."""

    keras_classes: ClassVar[dict[str, str]]  # name -> Keras class

    def build(self) -> keras.losses.Loss:
        """Return the Keras loss."""
        from keras import losses

        return getattr(losses, self.keras_classes[self.name])(**self.model_dump(exclude={"name"}))


class BinaryLoss(KerasLoss):
    """Cross-entropy of a binary target, or of each label of several; the focal variant down-weights easy rows."""

    name: Literal["binary_crossentropy", "binary_focal_crossentropy"]
    keras_classes = {
        "binary_crossentropy": "BinaryCrossentropy",
        "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    }
    label_smoothing: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Label smoothing: 0 leaves labels unchanged, 1 makes them all 0.5."""

    def best_constant(self, values: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
        if self.name == "binary_focal_crossentropy":
            return None
        return (1 - self.label_smoothing) * mean(values, counts) + self.label_smoothing / 2

    def check(self, task: Task) -> None:
        if task.output.kind not in ("binary", "multilabel") and not task.output.one_hot:
            raise ConfigError(f"{self.name} needs a binary or multilabel target; this one is {task.output.kind}.")


class CategoricalLoss(KerasLoss):
    """Cross-entropy of one-hot labels; the focal variant down-weights easy rows."""

    name: Literal["categorical_crossentropy", "categorical_focal_crossentropy"]
    keras_classes = {
        "categorical_crossentropy": "CategoricalCrossentropy",
        "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    }
    label_smoothing: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Label smoothing: 0 leaves labels unchanged, 1 makes all classes equally probable."""

    def best_constant(self, values: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
        if self.name == "categorical_focal_crossentropy":
            return None
        return (1 - self.label_smoothing) * mean(values, counts) + self.label_smoothing / values.shape[1]

    def check(self, task: Task) -> None:
        if not task.output.one_hot:
            hint = _ONE_HOT_HINT if task.output.kind == "multiclass" else f"does not fit a {task.output.kind} target"
            raise ConfigError(f"{self.name} {hint}.")


class SparseCategoricalLoss(KerasLoss):
    """Cross-entropy of integer class labels."""

    name: Literal["sparse_categorical_crossentropy"]
    keras_classes = {"sparse_categorical_crossentropy": "SparseCategoricalCrossentropy"}

    def best_constant(self, values: np.ndarray, counts: np.ndarray) -> np.ndarray:
        return counts / counts.sum()

    def check(self, task: Task) -> None:
        if task.output.kind not in ("multiclass", "ordinal", "tokens") or task.output.one_hot:
            was = "one-hot labels" if task.output.one_hot else f"a {task.output.kind} target"
            raise ConfigError(f"{self.name} needs integer class labels, not {was}.")


class ErrorLoss(KerasLoss):
    """Regression losses: squared, absolute, percentage, logarithmic and log-cosh error, and the Poisson loss.

    If the target is standardized, mape, msle and poisson are computed in its original unit.
    """

    name: Literal["mse", "mae", "mape", "msle", "log_cosh", "poisson"]
    aliases = {
        "mean_squared_error": "mse",
        "mean_absolute_error": "mae",
        "mean_absolute_percentage_error": "mape",
        "mean_squared_logarithmic_error": "msle",
        "logcosh": "log_cosh",
    }
    keras_classes = {
        "mse": "MeanSquaredError",
        "mae": "MeanAbsoluteError",
        "mape": "MeanAbsolutePercentageError",
        "msle": "MeanSquaredLogarithmicError",
        "log_cosh": "LogCosh",
        "poisson": "Poisson",
    }

    @property
    def needs_unit(self) -> bool:
        return self.name in ("mape", "msle", "poisson")

    def best_constant(self, values: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
        if self.name in ("mse", "poisson"):
            return mean(values, counts)
        return best_constant(self.name, values, counts) if self.name in ("mae", "mape", "msle") else None

    def check(self, task: Task) -> None:
        if task.output.kind in ("multiclass", "ordinal") and not task.output.one_hot:
            raise ConfigError(f"{self.name} with classes {_ONE_HOT_HINT}.")
        if self.needs_unit:
            refuse_own_scales(self.name, task)
        if task.output.kind == "codes":
            raise ConfigError(f"{self.name} needs numbers, not codes: use in_batch for pairs, triplet for classes.")
        if task.output.kind == "tokens":
            raise ConfigError(
                f"{self.name} needs numbers, not the tokens of a text: use sparse_categorical_crossentropy."
            )


class Huber(ErrorLoss):
    """Huber loss: quadratic for small errors, linear for large ones."""

    name: Literal["huber"] = "huber"  # type: ignore
    keras_classes = {"huber": "Huber"}
    aliases = {}
    delta: Annotated[float, Field(gt=0)] = 1.0
    """Absolute error where the loss turns linear; for a standardized target, in standard deviations."""


class MarginLoss(KerasLoss):
    """Hinge losses of a binary target; give the model `output_activation: tanh` or `linear`."""

    name: Literal["hinge", "squared_hinge"]
    keras_classes = {"hinge": "Hinge", "squared_hinge": "SquaredHinge"}

    def check(self, task: Task) -> None:
        if task.output.kind != "binary":
            raise ConfigError(f"{self.name} needs a binary target; this one is {task.output.kind}.")
