"""Cheap tests of an option on the training rows: linear models, fitted on some folds and scored on the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_FOLDS = 5
_MOST_ROWS = 5_000
_MOST_COLUMNS = 300
_PENALTY = 1.0  # of the squared weights of standardized columns, as in scikit-learn's Ridge
_STEPS = 15  # of Newton's method


def log_errors(x: np.ndarray, y: np.ndarray, add: float) -> tuple[float, float] | None:
    """Return r2 of ridge regressions on the target, and on its logarithm turned back, for held-out rows.

    Args:
        x: (rows, columns) features.
        y: (rows,) target in its own unit, such that y + add > 0.
        add: the number added before the logarithm.

    Returns:
        None if there are too few rows.
    """

    def predict(train: np.ndarray, test: np.ndarray, own: np.ndarray) -> np.ndarray:
        plain = ridge(train, own, test)
        logarithms = ridge(train, np.log(own + add), test)
        most = np.log(own + add).max() + 1  # a net does not extrapolate as far as a straight line
        return np.stack([plain, np.exp(np.minimum(logarithms, most)) - add], axis=1)

    found = _held_out(x, y, predict)
    if found is None:
        return None
    own, answers = found
    spread = np.square(own - own.mean()).sum()
    plain, logged = (1 - np.square(answers - own[:, None]).sum(axis=0) / spread).tolist()
    return plain, logged


def weighting_scores(x: np.ndarray, rare: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return (F1 of the rare class, accuracy) on held-out rows of logistic regressions, plain and with class weights.

    Args:
        x: (rows, columns) features.
        rare: (rows,) 1 for the rare class, 0 for the other.

    Returns:
        None if there are too few rows.
    """

    def predict(train: np.ndarray, test: np.ndarray, own: np.ndarray) -> np.ndarray:
        share = own.mean()
        if not 0 < share < 1:
            return np.full((len(test), 2), share)
        balanced = np.where(own == 1, 0.5 / share, 0.5 / (1 - share))
        plain, weighted = (_logistic(train, own, test, weights) for weights in (np.ones(len(own)), balanced))
        return np.stack([plain, weighted], axis=1)

    found = _held_out(x, rare.astype(np.float64), predict)
    if found is None:
        return None
    own, answers = found
    plain, weighted = (_f1_and_accuracy(own, answers[:, column] > 0.5) for column in (0, 1))
    return plain, weighted


def skewness(y: np.ndarray) -> float:
    """Return the third standardized moment of numbers, 0 for constant ones."""
    deviation = y.std()
    return float(np.mean(((y - y.mean()) / deviation) ** 3)) if deviation else 0.0


def _held_out(
    x: np.ndarray, y: np.ndarray, predict: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the targets and the predictions (rows, models) of held-out rows, fold by fold; None for too few rows."""
    if len(y) < 4 * _FOLDS or x.shape[1] > _MOST_COLUMNS:
        return None
    rows = np.random.default_rng(0).permutation(len(y))[:_MOST_ROWS]
    x, y = np.asarray(x, np.float64)[rows], np.asarray(y, np.float64)[rows]
    fold = np.arange(len(y)) % _FOLDS
    answers = []
    for one in range(_FOLDS):
        train, test = x[fold != one], x[fold == one]
        mean, deviation = train.mean(axis=0), train.std(axis=0)
        deviation[deviation == 0] = 1
        answers.append(predict((train - mean) / deviation, (test - mean) / deviation, y[fold != one]))
    return np.concatenate([y[fold == one] for one in range(_FOLDS)]), np.concatenate(answers)


def ridge(x: np.ndarray, y: np.ndarray, test: np.ndarray, penalty: float = _PENALTY) -> np.ndarray:
    """Return the predictions of a ridge regression: (test rows,), or (test rows, targets) of several targets.

    Args:
        x, test: (rows, columns) and (test rows, columns) features.
        y: (rows,), or (rows, targets).
        penalty: factor of the squared weights, above 0.
    """
    mean, middle = x.mean(axis=0), y.mean(axis=0)
    x = x - mean
    weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (y - middle))
    return (test - mean) @ weights + middle


def _logistic(x: np.ndarray, y: np.ndarray, test: np.ndarray, row_weights: np.ndarray) -> np.ndarray:
    """Return the probabilities of a penalized logistic regression, fitted by Newton's method: (test rows,)."""
    x, test = (np.concatenate([part, np.ones((len(part), 1))], axis=1) for part in (x, test))
    penalty = np.full(x.shape[1], _PENALTY)
    penalty[-1] = 1e-6  # of the bias
    weights = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        probability = _sigmoid(x @ weights)
        slope = x.T @ (row_weights * (probability - y)) + penalty * weights
        curvature = row_weights * np.maximum(probability * (1 - probability), 1e-6)
        step = np.linalg.solve(x.T @ (x * curvature[:, None]) + np.diag(penalty), slope)
        weights -= step
        if np.abs(step).max() < 1e-4:
            break
    return _sigmoid(test @ weights)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


def _f1_and_accuracy(own: np.ndarray, said: np.ndarray) -> tuple[float, float]:
    hits = float(np.sum((own == 1) & said))
    total = float(np.sum(own == 1) + np.sum(said))
    return (2 * hits / total if total else 0.0), float(np.mean((own == 1) == said))
