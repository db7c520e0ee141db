"""Exact classification scores: precision, recall and F1 per class, and areas under curves from ranked predictions.

Undefined scores, such as the recall of a class without rows, are NaN and are excluded from means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MEASURES = ("precision", "recall", "f1", "auc", "average_precision")


@dataclass(frozen=True)
class ClassScores:
    """One-vs-rest scores of each class: arrays of shape (classes,), NaN if undefined.

    rows, predicted: number of rows of the class, and number of rows predicted as the class.
    average_precision: area under the precision-recall curve.
    """

    rows: np.ndarray
    predicted: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    auc: np.ndarray
    average_precision: np.ndarray


def class_scores(labels: np.ndarray, probability: np.ndarray) -> ClassScores:
    """Return the scores of every class; the predicted class of a row is the most probable one.

    Args:
        labels: (rows,) integers, the true classes.
        probability: (rows, classes).
    """
    count = probability.shape[1]
    likeliest = probability.argmax(axis=1)
    rows, predicted = np.bincount(labels, minlength=count), np.bincount(likeliest, minlength=count)
    right = np.bincount(labels[labels == likeliest], minlength=count)
    return _scores((rows, predicted, right), areas(labels, probability, "ROC"), areas(labels, probability, "PR"))


def label_scores(labels: np.ndarray, probability: np.ndarray) -> ClassScores:
    """Return the scores of labels of which several may be true; those above 0.5 are predicted.

    Args:
        labels: (rows, labels) of 0 and 1.
        probability: (rows, labels).
    """
    true, said = labels == 1, probability > 0.5
    rows, predicted, right = (counted.sum(axis=0) for counted in (true, said, true & said))
    found = (label_areas(true, probability, curve) for curve in ("ROC", "PR"))
    return _scores((rows, predicted, right), *found)


def _scores(counts: tuple[np.ndarray, np.ndarray, np.ndarray], auc: np.ndarray, precision: np.ndarray) -> ClassScores:
    """Return the scores of each class.

    Args:
        counts: rows of each class, rows predicted as it, and those of both: (classes,) each.
        auc: (classes,). precision: average precision, (classes,).
    """
    rows, predicted, right = counts
    measures = (ratio(right, predicted), ratio(right, rows), ratio(2 * right, predicted + rows))
    return ClassScores(rows, predicted, *measures, auc, precision)


def averaged(measure: str, true: np.ndarray, said: np.ndarray, average: str | int) -> float:
    """Return precision, recall or F1 of predicted classes, as one number; NaN if it is undefined.

    Args:
        measure: precision, recall or f1.
        true, said: (rows, classes) bool, the classes of each row and those that are predicted.
        average: macro (or auto), micro, weighted (by rows), or the number of a class: of that class alone.
    """
    rows, predicted, right = (counted.sum(axis=0) for counted in (true, said, true & said))
    parts = {"precision": (right, predicted), "recall": (right, rows), "f1": (2 * right, predicted + rows)}
    part, whole = parts[measure]
    if average == "micro":
        return float(ratio(part.sum(), whole.sum()))
    found = ratio(part, whole)
    if isinstance(average, int):
        return float(found[average])
    defined = ~np.isnan(found)
    if average == "weighted" and rows[defined].sum() > 0:
        return float(found[defined] @ rows[defined] / rows[defined].sum())
    return mean_of_defined(found)


def class_probabilities(prediction: np.ndarray) -> np.ndarray:
    """Return one column per class: (rows, classes). A single column is the probability of the second of two classes."""
    if prediction.ndim == 2 and prediction.shape[1] > 1:
        return prediction
    positive = prediction.reshape(-1)
    return np.stack([1 - positive, positive], axis=1)


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, or NaN where whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def mean_of_defined(values: np.ndarray) -> float:
    """Return the mean of the values that are not NaN, or NaN if there are none."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def areas(labels: np.ndarray, probability: np.ndarray, curve: str) -> np.ndarray:
    """Return the one-vs-rest area under the ROC or PR curve of each class: (classes,)."""
    area = area_under_roc if curve == "ROC" else average_precision
    return np.array([area(labels == number, probability[:, number]) for number in range(probability.shape[1])])


def label_areas(true: np.ndarray, probability: np.ndarray, curve: str) -> np.ndarray:
    """Return the area under the ROC or PR curve of each of several labels: (labels,)."""
    area = area_under_roc if curve == "ROC" else average_precision
    return np.array([area(true[:, number], probability[:, number]) for number in range(true.shape[1])])


def area_under_roc(positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the area under the ROC curve: the probability that a positive row scores higher than a negative one.

    Ties count half.

    Args:
        positive: (rows,) bool.
        score: (rows,), higher for rows that are more likely positive.
        weight: (rows,), sample weights. Default: equal weights.

    Returns:
        The exact area, or NaN without positive or without negative rows.
    """
    found, mistaken = ranked_counts(positive, score, weight)
    if not has_both(found, mistaken):
        return float("nan")
    return float(np.trapezoid(found / found[-1], mistaken / mistaken[-1]))


def average_precision(positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the average precision: the sum over thresholds of (increase in recall) x precision.

    The arguments are those of `area_under_roc`. NaN without positive rows, and also without negative rows, where it
    would be 1 for any scores.
    """
    found, mistaken = ranked_counts(positive, score, weight)
    if not has_both(found, mistaken):
        return float("nan")
    precision = found[1:] / np.maximum(found + mistaken, found[-1] * 1e-300)[1:]  # rows of weight 0 may rank first
    return float(np.sum(np.diff(found / found[-1]) * precision))


def ranked_counts(
    positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts of positive and negative rows that score at least t, for t from above all scores downwards."""
    order = np.argsort(-score, kind="stable")
    last_of_ties = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    counts = np.ones(len(score)) if weight is None else weight.astype(np.float64)
    found = np.cumsum((counts * positive)[order])[last_of_ties]
    mistaken = np.cumsum((counts * ~positive)[order])[last_of_ties]
    return np.append(0, found), np.append(0, mistaken)


def has_both(found: np.ndarray, mistaken: np.ndarray) -> bool:
    """Return whether the counts of `ranked_counts` include positive and negative rows."""
    return bool(found[-1] > 0 and mistaken[-1] > 0)
