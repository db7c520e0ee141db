"""Metrics of predicted probabilities: how far they are from what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.objectives import Metric
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.data.validate import class_numbers
from dlpy.metrics._checks import refuse_numbers_and_tokens
from dlpy.metrics._keras_calibration_metrics import squared_errors, streamed_calibration_error
from dlpy.scores.calibration import brier_score, calibration_error

if TYPE_CHECKING:
    import keras


class Brier(Metric):
    """Brier score: mean squared error of the probabilities, 0 if all are right and certain.

    Of two classes it is that of the second (0 to 1), of several classes the sum over classes (0 to 2), of labels
    their mean.
    """

    name: Literal["brier"] = "brier"
    aliases = {"brier_score": "brier"}
    direction = "min"

    def check(self, task: Task) -> None:
        refuse_numbers_and_tokens(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        apart = task.output.kind in ("binary", "multilabel")
        return metrics.MeanMetricWrapper(squared_errors(apart=apart), name=self.key)

    def of_rows(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return brier_score(_target(task, rows), prediction.astype(np.float64))


class CalibrationError(Metric):
    """Expected calibration error: mean distance between predicted probability and observed frequency.

    Rows are sorted into 15 bins of equally many rows by the probability of the second of two classes, or of the most
    probable one of several; of labels, all are counted together. It is exact for held-out rows, and never 0 by chance
    (`dlpy evaluate` shows what chance gives). On training rows, the bins are of equal width.
    """

    name: Literal["ece"] = "ece"
    aliases = {"expected_calibration_error": "ece"}
    direction = "min"

    def check(self, task: Task) -> None:
        refuse_numbers_and_tokens(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        return streamed_calibration_error()(apart=task.output.kind in ("binary", "multilabel"), name=self.key)

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return calibration_error(_target(task, rows), prediction)


def _target(task: Task, rows: Rows) -> np.ndarray:
    return rows.y if task.output.kind == "multilabel" else class_numbers(rows, task.output)
