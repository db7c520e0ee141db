"""Generated measurements of healthy and ill patients, of whom few are ill."""

from __future__ import annotations

import numpy as np

MEASUREMENTS = 8
ILL = 0.05
_MEAN = np.array([0.9, 0.8, -0.7, 0.5, 0.0, 0.0, 0.0, 0.0])  # of the ill; that of the healthy is 0
_SPREAD = np.array([1.0, 1.0, 1.0, 1.0, 1.8, 0.5, 1.0, 1.0])  # of the ill; that of the healthy is 1


def screening(seed: int, part: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return measurements, (count, 8) float32, and whether someone is ill: (count,) int64, every twentieth row.

    Measurements are normally distributed. Four differ in their mean, two in their spread, which only a curved
    boundary finds, and two say nothing.
    """
    random = np.random.default_rng([seed, 23, part])
    ill = random.permutation((np.arange(count) % round(1 / ILL) == 0).astype(np.int64))
    x = random.normal(size=(count, MEASUREMENTS))
    return np.where(ill[:, None] == 1, _MEAN + _SPREAD * x, x).astype(np.float32), ill


def true_probability(measurements: np.ndarray) -> np.ndarray:
    """Return the probability that someone with these measurements is ill, which no model can improve on: (rows,)."""
    x = measurements.astype(np.float64)
    as_ill = -0.5 * ((x - _MEAN) / _SPREAD) ** 2 - np.log(_SPREAD)
    log_odds = np.log(ILL / (1 - ILL)) + (as_ill + 0.5 * x**2).sum(axis=1)
    return 1 / (1 + np.exp(-log_odds))
