"""A monitored score as a function of the weights of rows, computed from targets and predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.components.objectives import DATA_LOSS, Metric
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import TARGET, Output, Task
from dlpy.scores.row_errors import cross_entropies, label_cross_entropies, poisson_losses
from dlpy.scores.weighted import Weighted
from dlpy.scores.weighted_scores import mean_of, number_score

Of = Callable[[np.ndarray, np.ndarray], Weighted | None]

ON_SCALE = ("mae", "rmse", "mse")  # scores that depend on the scale of the target


@dataclass(frozen=True)
class RowScore:
    """How to compute a score of targets (rows,) or (rows, units) and predictions (rows, units), in the own unit.

    name: of the metric or the loss. of: the score as a function of the rows' weights; None: it is unknown.
    """

    name: str
    of: Of


def row_score(name: str, training: Mapping[str, Any], output: Output) -> RowScore | None:
    """Return how to compute a score; None if it does not follow from predictions.

    Args:
        name: of the score, without `val_` and the name of an output.
        training: `metrics` and `loss` of the output in the experiment, with every default filled in.
        output: that it is of, in its own unit.
    """
    if name in ("loss", DATA_LOSS):
        return _loss(training.get("loss"), output)
    metric = _metric(name, training.get("metrics") or list(output.metrics))
    if metric is None:
        return None

    def of(target: np.ndarray, prediction: np.ndarray) -> Weighted | None:
        given = np.eye(output.class_count)[target] if output.one_hot else target
        rows = Rows.single(np.zeros((len(target), 1)), given)
        return metric.weighted(Task({}, {TARGET: output}), rows, prediction)

    return RowScore(metric.name, of)


def _metric(label: str, metrics: Any) -> Metric | None:
    """Return the metric with this label; None if there is none. Those of plug-ins are unknown to readers of a run."""
    for given in metrics if isinstance(metrics, list) else []:
        options = {"name": given} if isinstance(given, str) else given
        if not isinstance(options, dict) or options.get("name") not in Metric.registry.names():
            continue
        try:
            metric = Metric.registry.get(str(options["name"])).model_validate(options)
        except (ConfigError, ValueError):
            continue
        if metric.key == label:
            return metric
    return None


def _loss(given: Any, output: Output) -> RowScore | None:
    """Return a loss that is a mean over rows and has no options; None for others."""
    options = {"name": given or output.loss} if not isinstance(given, dict) else given
    name = str(options.get("name"))
    if options.get("label_smoothing") or name not in _LOSSES or output.is_count != (name == "poisson"):
        return None
    return RowScore(name, _LOSSES[name])


def _of_classes(labels: np.ndarray, prediction: np.ndarray) -> Weighted:
    return mean_of(cross_entropies(labels, prediction))


def _of_labels(labels: np.ndarray, prediction: np.ndarray) -> Weighted:
    return mean_of(label_cross_entropies(labels.reshape(prediction.shape), prediction))


def _of_counts(target: np.ndarray, prediction: np.ndarray) -> Weighted:
    return mean_of(poisson_losses(target.reshape(prediction.shape), prediction))


_LOSSES: dict[str, Of] = {
    "binary_crossentropy": _of_labels,
    "categorical_crossentropy": _of_classes,
    "sparse_categorical_crossentropy": _of_classes,
    "mae": lambda target, prediction: number_score("mae", target, prediction),
    "mse": lambda target, prediction: number_score("mse", target, prediction),
    "poisson": _of_counts,
}
