"""The usual scores of predictions as functions of the rows' weights, for resamples of the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from dlpy.scores.class_scores import class_probabilities, ratio
from dlpy.scores.row_errors import cross_entropies, label_cross_entropies
from dlpy.scores.weighted import OfMeans, OfRanks, Weighted

Measure = Literal["precision", "recall", "f1"]

_TINY = 1e-7  # Keras' epsilon: lower bound for targets in denominators


def usual_scores(kind: str, target: np.ndarray, prediction: np.ndarray) -> dict[str, Weighted]:
    """Return the scores that predictions are compared by, the one that decides first.

    Args:
        kind: of the target: regression, binary, multiclass, ordinal or multilabel.
        target: (rows,) class numbers or values, or (rows, units).
        prediction: (rows, units), finite.
    """
    if kind == "regression":
        return {
            name: number_score(name, target.reshape(prediction.shape), prediction) for name in ("mae", "rmse", "r2")
        }
    if kind == "multilabel":
        true, said = target == 1, prediction > 0.5
        found = {"accuracy": mean_of((said == true).mean(axis=1))}
        return found | _of_labels(true, said, prediction) | _entropy(prediction, label_cross_entropies, target)
    probability = class_probabilities(prediction)
    likeliest, first = probability.argmax(axis=1), int(kind == "binary")
    found = {"accuracy": mean_of(likeliest == target)}
    if kind == "ordinal":
        found["class_distance"] = mean_of(np.abs(likeliest - target))
    true, said = (np.eye(probability.shape[1], dtype=bool)[labels][:, first:] for labels in (target, likeliest))
    return found | _of_labels(true, said, probability[:, first:]) | _entropy(probability, cross_entropies, target)


def smaller_is_better(score: str) -> bool:
    """Return whether a smaller value of one of the usual scores is better; the name of an output may precede it."""
    return score.endswith(("mae", "rmse", "class_distance", "cross_entropy", "pinball"))


def _of_labels(true: np.ndarray, said: np.ndarray, probability: np.ndarray) -> dict[str, Weighted]:
    return {"f1": counted("f1", true, said), "auc": OfRanks(true, probability)}


def _entropy(
    probability: np.ndarray, errors: Callable[[np.ndarray, np.ndarray], np.ndarray], target: np.ndarray
) -> dict[str, Weighted]:
    """Return the mean cross-entropy; none if an activation of the experiment's own gives no probabilities."""
    within = bool(((probability >= 0) & (probability <= 1)).all())
    sums = errors is label_cross_entropies or np.allclose(probability.sum(axis=1), 1, atol=1e-3)
    return {"cross_entropy": mean_of(errors(target, probability))} if within and sums else {}


def number_score(name: str, target: np.ndarray, prediction: np.ndarray) -> Weighted:
    """Return a regression score of arrays of shape (rows, units): mae, mse, rmse, mape, msle, r2 or cosine."""
    target, prediction = target.astype(np.float64), prediction.astype(np.float64)
    if name == "r2":
        return _determination(target, prediction)
    if name == "rmse":
        return OfMeans(np.square(target - prediction).mean(axis=1)[:, None], lambda means: np.sqrt(means[..., 0]))
    return mean_of(_ROW_SCORES[name](target, prediction).mean(axis=1))


def mean_of(values: np.ndarray) -> OfMeans:
    """Return the mean of values of the rows, (rows,); the share of the true ones if they are bool."""
    return OfMeans(values.astype(np.float64)[:, None], lambda means: means[..., 0], values.dtype == bool)


def counted(measure: Measure, true: np.ndarray, said: np.ndarray, average: str | int = "macro") -> OfMeans:
    """Return precision, recall or F1 of predicted classes.

    Args:
        measure: which.
        true, said: (rows, classes) bool, the classes of each row and those that are predicted.
        average: macro (or auto), micro, weighted (by rows), or the number of a class: of that class alone.
    """
    classes = true.shape[1]

    def combined(means: np.ndarray) -> np.ndarray:
        rows, predicted, right = (means[..., start : start + classes] for start in range(0, 3 * classes, classes))
        part, whole = {"precision": (right, predicted), "recall": (right, rows), "f1": (2 * right, predicted + rows)}[
            measure
        ]
        if average == "micro":
            return ratio(part.sum(axis=-1), whole.sum(axis=-1))
        each = ratio(part, whole)
        if isinstance(average, int):
            return each[..., average]
        weight = np.where(np.isnan(each), 0, rows if average == "weighted" else 1.0)
        return ratio((np.nan_to_num(each) * weight).sum(axis=-1), weight.sum(axis=-1))

    return OfMeans(np.concatenate([true, said, true & said], axis=1).astype(np.float64), combined)


def _determination(target: np.ndarray, prediction: np.ndarray) -> OfMeans:
    """Return the coefficient of determination, averaged over the target columns that vary."""
    varies = target.max(axis=0) > target.min(axis=0)
    target, prediction = target[:, varies], prediction[:, varies]
    columns = target.shape[1]
    centred = target - target.mean(axis=0)  # else the difference of two large means loses digits

    def combined(means: np.ndarray) -> np.ndarray:
        missed, linear, square = (means[..., start : start + columns] for start in range(0, 3 * columns, columns))
        if not columns:
            return np.full(means.shape[:-1], np.nan)
        return (1 - missed / np.maximum(square - np.square(linear), 0)).mean(axis=-1)

    return OfMeans(np.concatenate([np.square(target - prediction), centred, np.square(centred)], axis=1), combined)


def _logarithms(numbers: np.ndarray) -> np.ndarray:
    return np.log1p(np.maximum(numbers, _TINY))


def _direction(numbers: np.ndarray) -> np.ndarray:
    return numbers / np.sqrt(np.maximum(np.square(numbers).sum(axis=1, keepdims=True), 1e-12))


_ROW_SCORES: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "mae": lambda target, prediction: np.abs(target - prediction),
    "mse": lambda target, prediction: np.square(target - prediction),
    "mape": lambda target, prediction: 100 * np.abs(target - prediction) / np.maximum(np.abs(target), _TINY),
    "msle": lambda target, prediction: np.square(_logarithms(target) - _logarithms(prediction)),
    "cosine": lambda target, prediction: (_direction(target) * _direction(prediction)).sum(axis=1, keepdims=True),
}
NUMBER_SCORES = (*_ROW_SCORES, "rmse", "r2")
