"""Regression scores, computed in float64 from targets and predictions, and the best constant prediction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

IN_UNIT = ("mape", "msle", "cosine")  # they depend on the zero point, and are logged in the unit of the target

_TINY = 1e-7  # Keras' epsilon: lower bound for targets in denominators


def regression_score(name: str, target: np.ndarray, prediction: np.ndarray) -> float:
    """Return one of SCORES for arrays of shape (rows, units), or NaN if it is undefined."""
    target, prediction = target.astype(np.float64), prediction.astype(np.float64)
    return float(SCORES[name](target, prediction))


def best_constant(name: str, target: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """Return the constant prediction (units,) with the best value of one of SCORES.

    Args:
        target: (targets, units).
        counts: (targets,), the number of occurrences of each target; 1 unless given.
    """
    if name == "mae" and counts is None:
        return _lower_median(target).astype(np.float64)
    counts = np.ones(len(target)) if counts is None else counts
    target = target.astype(np.float64)
    if name == "mae":
        return weighted_median(target, np.broadcast_to(counts[:, None], target.shape))
    if name == "mape":
        return weighted_median(target, counts[:, None] / np.maximum(np.abs(target), _TINY))
    if name == "msle":
        return np.expm1(mean(np.log1p(np.maximum(target, _TINY)), counts))
    return mean(_directions(target) if name == "cosine" else target, counts)


def mean(numbers: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the weighted mean of each column: (units,) of (targets, units)."""
    return counts @ numbers.astype(np.float64) / counts.sum()


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted median of each column: (units,) of (rows, units)."""
    order = np.argsort(values, axis=0, kind="stable")
    heavy = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    place = (heavy < heavy[-1] / 2).sum(axis=0)
    return np.take_along_axis(values, order, axis=0)[place, np.arange(values.shape[1])]


def _lower_median(values: np.ndarray) -> np.ndarray:
    """Return what `weighted_median` does of equal weights, with less memory."""
    place = (len(values) - 1) // 2
    return np.partition(values, place, axis=0)[place]


def _r2(target: np.ndarray, prediction: np.ndarray) -> float:
    """Return the coefficient of determination, averaged over the target columns that vary."""
    varies = target.max(axis=0) > target.min(axis=0)
    if not varies.any():
        return np.nan
    target, prediction = target[:, varies], prediction[:, varies]
    missed = np.square(target - prediction).sum(axis=0)
    return float(np.mean(1 - missed / np.square(target - target.mean(axis=0)).sum(axis=0)))


def _msle(target: np.ndarray, prediction: np.ndarray) -> float:
    logarithms = [np.log1p(np.maximum(numbers, _TINY)) for numbers in (target, prediction)]
    return float(np.square(logarithms[0] - logarithms[1]).mean())


def _cosine(target: np.ndarray, prediction: np.ndarray) -> float:
    return float((_directions(target) * _directions(prediction)).sum(axis=1).mean())


def _directions(numbers: np.ndarray) -> np.ndarray:
    return numbers / np.sqrt(np.maximum(np.square(numbers).sum(axis=1, keepdims=True), 1e-12))


SCORES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "mae": lambda target, prediction: float(np.abs(target - prediction).mean()),
    "mse": lambda target, prediction: float(np.square(target - prediction).mean()),
    "rmse": lambda target, prediction: float(np.sqrt(np.square(target - prediction).mean())),
    "mape": lambda target, prediction: float(
        100 * (np.abs(target - prediction) / np.maximum(np.abs(target), _TINY)).mean()
    ),
    "msle": _msle,
    "r2": _r2,
    "cosine": _cosine,
}
