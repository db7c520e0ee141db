"""Scores of classes, exact: precision, recall and F1 by class, and areas under curves by the ranks of the predictions.

What cannot be computed, such as the recall of a class without rows, is NaN and is left out of means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MEASURES = ("precision", "recall", "f1", "auc", "average_precision")


@dataclass(frozen=True)
class ClassScores:
    """The scores of each class against the rest: arrays of shape (classes,), NaN where a score is undefined.

    rows, predicted: how many rows are of the class, and how many are predicted to be.
    average_precision: the area under the precision-recall curve.
    """

    rows: np.ndarray
    predicted: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    auc: np.ndarray
    average_precision: np.ndarray


def class_scores(labels: np.ndarray, probability: np.ndarray) -> ClassScores:
    """Return the scores of every class; a row is predicted to be of its likeliest class.

    Args:
        labels: (rows,) integers, the rows' classes.
        probability: (rows, classes).
    """
    count = probability.shape[1]
    said = probability.argmax(axis=1)
    rows, predicted = np.bincount(labels, minlength=count), np.bincount(said, minlength=count)
    right = np.bincount(labels[labels == said], minlength=count)
    return ClassScores(
        rows,
        predicted,
        precision=ratio(right, predicted),
        recall=ratio(right, rows),
        f1=ratio(2 * right, predicted + rows),
        auc=areas(labels, probability, "ROC"),
        average_precision=areas(labels, probability, "PR"),
    )


def class_probabilities(prediction: np.ndarray) -> np.ndarray:
    """Return a column for each class: (rows, classes). One column is the probability of the second of two classes."""
    if prediction.ndim == 2 and prediction.shape[1] > 1:
        return prediction
    positive = prediction.reshape(-1)
    return np.stack([1 - positive, positive], axis=1)


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def mean_of_defined(values: np.ndarray) -> float:
    """Return the mean of the values that are not NaN; NaN where there are none."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def areas(labels: np.ndarray, probability: np.ndarray, curve: str) -> np.ndarray:
    """Return the area under the curve, ROC or PR, of each class against the rest: (classes,)."""
    area = area_under_roc if curve == "ROC" else average_precision
    return np.array([area(labels == number, probability[:, number]) for number in range(probability.shape[1])])


def area_under_roc(positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the probability that a positive row has a higher score than a negative one; ties count half.

    Args:
        positive: (rows,) bool.
        score: (rows,), higher for rows that are more likely positive.
        weight: (rows,), how much each row counts; all the same unless given.

    Returns:
        The exact area, NaN where one of the two kinds has no rows.
    """
    found, mistaken = ranked_counts(positive, score, weight)
    if not has_both(found, mistaken):
        return float("nan")
    return float(np.trapezoid(found / found[-1], mistaken / mistaken[-1]))


def average_precision(positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the sum over the scores of (recall gained there) x (precision there); arguments as of `area_under_roc`.

    NaN without positive rows, and without negative ones, where it would be 1 for any scores.
    """
    found, mistaken = ranked_counts(positive, score, weight)
    if not has_both(found, mistaken):
        return float("nan")
    precision = found[1:] / np.maximum(found + mistaken, found[-1] * 1e-300)[1:]  # rows that count 0 may be on top
    return float(np.sum(np.diff(found / found[-1]) * precision))


def ranked_counts(
    positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many positive and negative rows score at least t, for t above all scores, then each from the top."""
    order = np.argsort(-score, kind="stable")
    last_of_ties = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    counts = np.ones(len(score)) if weight is None else weight.astype(np.float64)
    found = np.cumsum((counts * positive)[order])[last_of_ties]
    mistaken = np.cumsum((counts * ~positive)[order])[last_of_ties]
    return np.append(0, found), np.append(0, mistaken)


def has_both(found: np.ndarray, mistaken: np.ndarray) -> bool:
    """Return whether counts by rank, as of `ranked_counts`, are of positive and of negative rows."""
    return bool(found[-1] > 0 and mistaken[-1] > 0)
