"""A monitored score as a function of targets and predictions, for rows that are drawn again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.components.objectives import DATA_LOSS, Metric
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import TARGET, Output, Task
from dlpy.scores.class_scores import class_probabilities
from dlpy.scores.row_errors import absolute_errors, cross_entropies, label_cross_entropies, poisson_losses

ByRow = Callable[[np.ndarray, np.ndarray], np.ndarray]

POWERS = ("mae", "rmse", "mse")  # scores that depend on the scale of the target
_CROSS_ENTROPIES = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")


@dataclass(frozen=True)
class RowScore:
    """How to compute a score from targets (rows,) or (rows, units) and predictions (rows, units), in the own unit.

    name: of the metric or the loss. by_row: the error of each row, if the score is their mean, of which `finish` is
    taken. of_rows: the score of all rows together.
    """

    name: str
    of_rows: Callable[[np.ndarray, np.ndarray], float]
    by_row: ByRow | None = None
    finish: Callable[[np.ndarray], np.ndarray] | None = None


def row_score(monitor: str, training: Mapping[str, Any], output: Output) -> RowScore | None:
    """Return how to compute a score; None if it does not follow from predictions.

    Args:
        monitor: its name, without that of an output.
        training: the block of the experiment, with every default filled in.
        output: that it is of, in its own unit.
    """
    name = monitor.removeprefix("val_")
    if name in ("loss", DATA_LOSS):
        return _loss(training.get("loss"), output)
    metric = _metric(name, training.get("metrics") or list(output.metrics))
    if metric is None:
        return None

    def of_rows(target: np.ndarray, prediction: np.ndarray) -> float:
        one_hot = np.eye(output.class_count)[target] if output.one_hot else target
        rows = Rows.single(np.zeros((len(target), 1)), one_hot)
        return metric.of_rows(Task({}, {TARGET: output}), rows, prediction)

    return RowScore(metric.name, of_rows, *_by_row(metric.name, output))


def _metric(label: str, metrics: Any) -> Metric | None:
    """Return the metric with this label; None if there is none, or only Keras can compute it."""
    for given in metrics if isinstance(metrics, list) else []:
        options = {"name": given} if isinstance(given, str) else given
        if not isinstance(options, dict) or options.get("name") not in Metric.registry.names():
            continue
        try:
            metric = Metric.registry.get(str(options["name"])).model_validate(options)
        except (ConfigError, ValueError):
            continue
        if metric.key == label:
            return metric if metric.is_exact or type(metric).of_rows is not Metric.of_rows else None
    return None


def _loss(given: Any, output: Output) -> RowScore | None:
    """Return a loss that is a mean over rows and has no options; None for others."""
    options = {"name": given or output.loss} if not isinstance(given, dict) else given
    name = str(options.get("name"))
    if options.get("label_smoothing"):
        return None
    if name in _CROSS_ENTROPIES:
        by_row: ByRow | None = _label_losses if name.startswith("binary") else _class_losses
    else:
        by_row = _NUMBER_LOSSES.get(name)
    if by_row is None or output.is_count != (name == "poisson"):
        return None
    return RowScore(name, lambda target, prediction: float(by_row(target, prediction).mean()), by_row)


def _by_row(name: str, output: Output) -> tuple[ByRow | None, Callable[[np.ndarray], np.ndarray] | None]:
    """Return the error of each row and what is taken of its mean, for metrics that are means."""
    if name == "accuracy":
        return (_right_labels if output.kind == "multilabel" else _right), None
    if name == "rmse":
        return _squared_errors, np.sqrt
    return _NUMBER_LOSSES.get(name), None


def _squared_errors(target: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return np.square(prediction - target.reshape(prediction.shape)).mean(axis=1)


def _right(labels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return class_probabilities(prediction).argmax(axis=1) == labels


def _right_labels(labels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return ((prediction > 0.5) == (labels == 1)).mean(axis=1)


def _class_losses(labels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return cross_entropies(labels, prediction)


def _label_losses(labels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return label_cross_entropies(labels.reshape(prediction.shape), prediction)


def _poisson(target: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return poisson_losses(target.reshape(prediction.shape), prediction)


_NUMBER_LOSSES: dict[str, ByRow] = {"mae": absolute_errors, "mse": _squared_errors, "poisson": _poisson}
