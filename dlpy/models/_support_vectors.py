"""Fitted support vector machines: their decisions, and the sigmoids that make probabilities of them."""

from __future__ import annotations

import numpy as np

from dlpy.data.matrix import Matrix, dense
from dlpy.data.task import Output
from dlpy.models._fitted import InArrays, require_columns
from dlpy.scores.links import sigmoid

_AT_ONCE = 1024  # rows


def platt(decisions: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, float]:
    """Return slope and offset of the sigmoid that gives the probability of class 1 from the decisions of a machine.

    Args:
        decisions: (rows,), of rows that the machine was not fitted to.
        y: (rows,) of 0 and 1.
        weight: of each row, (rows,).

    Source: Platt 1999; Lin, Lin & Weng 2007, "A note on Platt's probabilistic outputs for support vector machines".
    """
    weight = np.ones(len(y)) if weight is None else weight
    ones, zeros = weight[y == 1].sum(), weight[y == 0].sum()
    target = np.where(y == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    scale = max(1e-12, float(np.abs(decisions).max()))
    inputs = np.stack([decisions / scale, np.ones(len(y))], axis=1)
    found = np.array([0.0, np.log((ones + 1) / (zeros + 1))])
    for _ in range(100):  # Newton's method, with steps halved until they help
        probability = sigmoid(inputs @ found)
        slope = inputs.T @ (weight * (probability - target))
        if np.abs(slope).max() < 1e-9 * weight.sum():
            break
        curvature = (inputs * (weight * probability * (1 - probability))[:, None]).T @ inputs + 1e-12 * np.eye(2)
        step, share = np.linalg.solve(curvature, slope), 1.0
        before = _entropy(inputs @ found, target, weight)
        while _entropy(inputs @ (found - share * step), target, weight) > before and share > 1e-10:
            share /= 2
        found = found - share * step
    return float(found[0] / scale), float(found[1])


def _entropy(logits: np.ndarray, target: np.ndarray, weight: np.ndarray) -> float:
    """Return the cross-entropy of logits, in nats."""
    return float(weight @ (np.logaddexp(0, logits) - target * logits))


class FittedSvm(InArrays):
    """A decision for each class, from weights of the columns or distances to vectors, and sigmoids of the decisions.

    weights: (units, columns). vectors: (vectors, columns), with duals: (units, vectors). intercept, slopes, offsets:
    (units,).
    """

    def __init__(self, arrays: dict[str, np.ndarray], output: Output) -> None:
        super().__init__(arrays)
        self._output = output

    def predict(self, x: Matrix) -> np.ndarray:
        known = self.arrays["weights" if "weights" in self.arrays else "vectors"]
        require_columns(x.shape[1], known.shape[1])
        decisions = self.decisions(x)
        if not self._output.has_classes:
            return decisions.astype(np.float32)
        probability = sigmoid(decisions * self.arrays["slopes"] + self.arrays["offsets"])
        if probability.shape[1] > 1:
            probability = probability / np.maximum(probability.sum(axis=1, keepdims=True), 1e-300)
        return probability.astype(np.float32)

    def decisions(self, x: Matrix) -> np.ndarray:
        """Return the signed distances to the boundaries, or the predicted numbers: (rows, units)."""
        if "weights" in self.arrays:
            return np.asarray(x.astype(np.float64) @ self.arrays["weights"].T) + self.arrays["intercept"]
        starts = range(0, x.shape[0], _AT_ONCE)
        kernels = (self._kernel(dense(x[start : start + _AT_ONCE]).astype(np.float64)) for start in starts)
        return np.concatenate([kernel @ self.arrays["duals"].T for kernel in kernels]) + self.arrays["intercept"]

    def _kernel(self, x: np.ndarray) -> np.ndarray:
        vectors = self.arrays["vectors"]
        squares = np.square(x).sum(axis=1)[:, None] + np.square(vectors).sum(axis=1) - 2 * x @ vectors.T
        return np.exp(-self.arrays["gamma"] * np.maximum(squares, 0))
