"""Errors of predictions row by row, and the correlation of two errors."""

from __future__ import annotations

import numpy as np

_LEAST = 1e-7  # the smallest probability in a cross-entropy, as in Keras


def absolute_errors(target: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return the mean absolute error of each row: (rows,) of (rows,) or (rows, units), and (rows, units)."""
    return np.abs(prediction - target.reshape(prediction.shape)).mean(axis=1)


def cross_entropies(labels: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of each row in nats: (rows,) of (rows,) class numbers and (rows, classes)."""
    return -np.log(np.clip(probability[np.arange(len(labels)), labels], _LEAST, 1))


def poisson_losses(target: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return the Poisson loss of each row, without the term that the prediction does not change: (rows,).

    Args:
        target, expected: (rows, units) counts, and the numbers that are expected, above 0.
    """
    return (expected - target * np.log(expected + _LEAST)).mean(axis=1)


def label_cross_entropies(labels: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the mean binary cross-entropy of each row in nats: (rows,) of (rows, labels) each."""
    of_true = np.where(labels == 1, probability, 1 - probability)
    return -np.log(np.clip(of_true, _LEAST, 1)).mean(axis=1)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation of two (rows,) arrays; ties have their mean rank.

    NaN for fewer than two rows, or where all numbers of an array are the same.
    """
    if len(first) < 2:
        return float("nan")
    one, other = (own - own.mean() for own in (ranks(first), ranks(second)))
    scale = np.sqrt(np.square(one).sum() * np.square(other).sum())
    return float((one * other).sum() / scale) if scale > 0 else float("nan")


def ranks(values: np.ndarray) -> np.ndarray:
    """Return the rank of each number among all, from 1; the mean rank of those that are the same."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]
