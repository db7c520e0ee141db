"""The scores that an experiment reports, as functions of the weights of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlpy.components.estimator import EstimatorModel
from dlpy.core import keras_backend
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.data.units import as_seen, is_changed
from dlpy.experiment.experiment import Experiment
from dlpy.runs.predictions import Stored
from dlpy.scores.weighted import Weighted
from dlpy.scores.weighted_scores import mean_of
from dlpy.training.estimators import losses_of_rows


@dataclass(frozen=True)
class View:
    """An experiment and its task with one output alone."""

    experiment: Experiment
    task: Task

    @classmethod
    def of(cls, experiment: Experiment, task: Task, output: str) -> View:
        """Return the view of an output."""
        return cls(experiment.of_output(output), task.of_output(output))

    def in_own_unit(self) -> View:
        """Return the view of a model that sees the target in its own unit."""
        plain = replace(self.task.output, scale=1.0, offset=0.0, log_of_sum=None)
        return View(self.experiment, self.task.with_output(plain))


def row_scores(view: View, stored: Stored, *, with_loss: bool = True) -> dict[str, Weighted]:
    """Return the loss, without penalties, and the metrics by key, in the unit that the model of the view sees.

    Metrics that cannot be computed from weighted rows are left out.

    Args:
        view: the experiment and the task of an output.
        stored: predictions of this output.
        with_loss: whether the loss is computed too, for which that of a network needs Keras.
    """
    rows, prediction = _seen(view, stored)
    logged = [metric for metric in view.experiment.metrics(view.task) if metric.is_logged]
    found = {metric.key: metric.weighted(view.task, rows, prediction) for metric in logged}
    losses = {"loss": mean_of(_losses(view, rows, _for_loss(view, stored, prediction)))} if with_loss else {}
    return {**losses, **{key: score for key, score in found.items() if score is not None}}


def reported_scores(view: View, stored: Stored) -> dict[str, float]:
    """Return the loss, without penalties, and all metrics by key, in the unit that the model of the view sees."""
    rows, prediction = _seen(view, stored)
    logged = [metric for metric in view.experiment.metrics(view.task) if metric.is_logged]
    found = {metric.key: float(metric.of_rows(view.task, rows, prediction)) for metric in logged}
    return {"loss": float(_losses(view, rows, _for_loss(view, stored, prediction)).mean()), **found}


def reported_score(view: View, stored: Stored, key: str) -> float:
    """Return the loss, without penalties, or the metric of this key, in the unit that the model of the view sees."""
    rows, prediction = _seen(view, stored)
    metrics = {metric.key: metric for metric in view.experiment.metrics(view.task)}
    if key in metrics:
        return float(metrics[key].of_rows(view.task, rows, prediction))
    return float(_losses(view, rows, _for_loss(view, stored, prediction)).mean())


def _seen(view: View, stored: Stored) -> tuple[Rows, np.ndarray]:
    """Return rows with the targets, and the predictions, as the model of the view sees them."""
    output = view.task.output
    target, prediction = stored.target, stored.prediction.astype(np.float32)
    if output.one_hot:
        target = np.eye(prediction.shape[1], dtype=np.float32)[target]
    elif is_changed(output):
        target, prediction = (as_seen(numbers, output).astype(np.float32) for numbers in (target, prediction))
    (name,) = view.task.outputs
    return Rows({}, {name: target}, stored.index), prediction


def _for_loss(view: View, stored: Stored, prediction: np.ndarray) -> np.ndarray:
    """Return what the loss takes: all quantiles where there are several of each number, otherwise the predictions."""
    if stored.quantiles is None:
        return prediction
    quantiles, output = stored.quantiles.reshape(len(prediction), -1), view.task.output
    return (as_seen(quantiles, output) if is_changed(output) else quantiles).astype(np.float32)


def _losses(view: View, rows: Rows, prediction: np.ndarray) -> np.ndarray:
    """Return the loss of each row: (rows,)."""
    if isinstance(view.experiment.model, EstimatorModel):
        return losses_of_rows(view.task.output, rows, prediction)
    keras_backend.start()
    from keras import ops as keras_ops

    from dlpy.training.loss import training_loss

    ops: Any = keras_ops
    y = rows.y if rows.y.ndim > 1 else rows.y.reshape(-1, 1)
    if prediction.shape[1:] == y.shape[1:]:
        y = y.astype(np.float32)
    values = training_loss(view.experiment, view.task).call(*map(ops.convert_to_tensor, (y, prediction)))
    return np.asarray(ops.convert_to_numpy(values), np.float64).reshape(len(rows), -1).mean(axis=1)
