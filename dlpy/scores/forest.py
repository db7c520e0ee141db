"""A small random forest of regression trees, and how much each input matters to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_TREES, _DEPTH, _LEAST = 32, 6, 3  # trees, levels of splits, rows of a leaf


@dataclass(frozen=True)
class Importance:
    """How much inputs matter.

    shares: (inputs,), for each the increase of the squared error if its values are shuffled among the rows that have
    one, as a share of the target's variance; 0 where shuffling does not hurt. explained: the share of the variance that
    the forest explains.
    """

    shares: np.ndarray
    explained: float


@dataclass(frozen=True)
class _Node:
    """A split at a threshold of an input, or a leaf with the mean of its rows."""

    mean: float
    column: int = -1
    threshold: float = 0.0
    below: _Node | None = None
    above: _Node | None = None


def permutation_importance(inputs: np.ndarray, target: np.ndarray) -> Importance:
    """Return how much each input matters, measured on the rows that each tree was not grown on.

    Args:
        inputs: (rows, inputs), NaN where there is no value: then it is below all others.
        target: (rows,) finite, not constant.

    Source: Breiman 2001, Machine Learning 45.
    """
    rng, rows = np.random.default_rng(0), len(target)
    x = np.where(np.isnan(inputs), -np.inf, inputs)
    total, squares, out_of_bag = np.zeros(rows), np.zeros(x.shape[1]), np.zeros(rows, np.int64)
    for _ in range(_TREES):
        drawn = rng.integers(rows, size=rows)
        unseen = np.setdiff1d(np.arange(rows), drawn)
        tree = _grown(x[drawn], target[drawn], rng, _DEPTH)
        given, wanted = x[unseen], target[unseen]
        predicted = _predicted(tree, given)
        total[unseen] += predicted
        out_of_bag[unseen] += 1
        for column in range(x.shape[1]):
            shuffled, present = given.copy(), np.isfinite(given[:, column])
            shuffled[present, column] = rng.permutation(given[present, column])
            worse = np.square(wanted - _predicted(tree, shuffled)) - np.square(wanted - predicted)
            squares[column] += worse.mean() if len(worse) else 0.0
    seen, variance = out_of_bag > 0, float(target.var())
    missed = np.square(target[seen] - total[seen] / out_of_bag[seen]).mean()
    return Importance(np.maximum(squares / _TREES / variance, 0), max(0.0, 1 - float(missed) / variance))


def _grown(x: np.ndarray, y: np.ndarray, rng: np.random.Generator, depth: int) -> _Node:
    mean = float(y.mean())
    if depth == 0 or len(y) < 2 * _LEAST:
        return _Node(mean)
    tried = rng.permutation(x.shape[1])[: max(1, -(-x.shape[1] // 2))]
    gain, column, threshold = max(_best_split(x[:, each], y - mean, int(each)) for each in tried)
    if gain <= 1e-12:
        return _Node(mean)
    below = x[:, column] <= threshold
    grown = (_grown(x[part], y[part], rng, depth - 1) for part in (below, ~below))
    return _Node(mean, column, threshold, *grown)


def _best_split(values: np.ndarray, y: np.ndarray, column: int) -> tuple[float, int, float]:
    """Return the reduction of the squared error by the best split of an input, the input, and the threshold.

    Args:
        values: (rows,). y: (rows,), with mean 0.
        column: the position of the input.
    """
    order = np.argsort(values, kind="stable")
    ordered, sums = values[order], np.cumsum(y[order])[:-1]
    count = np.arange(1, len(y))
    gains = sums**2 / count + sums**2 / (len(y) - count)
    allowed = (ordered[1:] > ordered[:-1]) & (count >= _LEAST) & (len(y) - count >= _LEAST)
    if not allowed.any():
        return 0.0, column, 0.0
    place = int(np.where(allowed, gains, -1).argmax())
    return float(gains[place]), column, float(ordered[place])


def _predicted(node: _Node, x: np.ndarray) -> np.ndarray:
    if node.below is None or node.above is None:
        return np.full(len(x), node.mean)
    below = x[:, node.column] <= node.threshold
    found = np.empty(len(x))
    found[below], found[~below] = _predicted(node.below, x[below]), _predicted(node.above, x[~below])
    return found
