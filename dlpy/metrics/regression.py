"""Regression metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.data.units import own_numbers, refuse_own_scales
from dlpy.metrics._checks import refuse_tokens, require_numbers
from dlpy.metrics._keras_regression_metrics import in_unit, streamed_r2
from dlpy.scores.regression_scores import IN_UNIT, regression_score
from dlpy.scores.weighted import Weighted
from dlpy.scores.weighted_scores import number_score

if TYPE_CHECKING:
    import keras


class ErrorMetric(Metric):
    """Mean error: absolute, squared, root of squared, percentage, or squared logarithmic.

    If the target is standardized, mape and msle are computed in its original unit.
    """

    name: Literal["mae", "mse", "rmse", "mape", "msle"]
    aliases = {
        "mean_absolute_error": "mae",
        "mean_squared_error": "mse",
        "root_mean_squared_error": "rmse",
        "mean_absolute_percentage_error": "mape",
        "mean_squared_logarithmic_error": "msle",
    }
    direction = "min"
    keras_classes: ClassVar[dict[str, str]] = {
        "mae": "MeanAbsoluteError",
        "mse": "MeanSquaredError",
        "rmse": "RootMeanSquaredError",
        "mape": "MeanAbsolutePercentageError",
        "msle": "MeanSquaredLogarithmicError",
    }

    def check(self, task: Task) -> None:
        if task.output.kind in ("multiclass", "ordinal") and not task.output.one_hot:
            raise ConfigError(f"{self.name} needs numbers; this target is a class number. Use accuracy.")
        if self.name in IN_UNIT:
            refuse_own_scales(self.name, task)
        refuse_tokens(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        built = getattr(metrics, self.keras_classes[self.name])(name=self.key)
        return in_unit(built, task.output) if self.name in ("mape", "msle") else built

    def of_rows(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return of_numbers(self.name, rows, prediction, task)

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted:
        return number_score(self.name, *_numbers(self.name, rows, prediction, task))


class R2(Metric):
    """Coefficient of determination: the fraction of the target's variance that is explained.

    Undefined for a constant target. For several targets, the mean over those that vary.
    """

    name: Literal["r2"] = "r2"
    aliases = {"R2": "r2", "r2_score": "r2"}
    direction = "max"

    def check(self, task: Task) -> None:
        require_numbers(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        return streamed_r2(task.output.units or 1, self.key)

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return regression_score("r2", rows.y.reshape(len(rows), -1), prediction)

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted:
        return number_score("r2", rows.y.reshape(len(rows), -1), prediction)


class Cosine(Metric):
    """Cosine similarity of predicted and target vectors, in the target's original unit; 1 is best."""

    name: Literal["cosine"] = "cosine"
    aliases = {"cosine_similarity": "cosine"}
    direction = "max"

    def check(self, task: Task) -> None:
        require_numbers(self, task)
        refuse_own_scales(self.name, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        return in_unit(metrics.CosineSimilarity(name=self.key), task.output)

    def of_rows(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return of_numbers(self.name, rows, prediction, task)

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted:
        return number_score(self.name, *_numbers(self.name, rows, prediction, task))


def of_numbers(name: str, rows: Rows, prediction: np.ndarray, task: Task) -> float:
    """Return a score of rows, in the target's original unit if it depends on the zero point."""
    return regression_score(name, *_numbers(name, rows, prediction, task))


def _numbers(name: str, rows: Rows, prediction: np.ndarray, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return targets and predictions, (rows, units) each, in the unit in which a score is computed."""
    target = rows.y.reshape(len(rows), -1)
    if name not in IN_UNIT:
        return target, prediction
    return own_numbers(target, task.output), own_numbers(prediction, task.output)
