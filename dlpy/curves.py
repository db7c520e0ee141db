"""Curves of scores over epochs: read, averaged over folds, smoothed."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from dlpy.errors import RunError

_SMOOTHED_FROM = 20  # epochs; shorter curves are taken as they are


def read_curves(path: Path) -> dict[str, np.ndarray]:
    """Return metrics.csv by column: (epochs,) float64 each."""
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    except (OSError, ValueError, TypeError, IndexError):
        raise RunError(f"{path} is missing or damaged: the run stopped before an epoch was over.") from None


def mean_curves(paths: list[Path]) -> dict[str, list[float]]:
    """Return each score's mean over folds by epoch, as far as the shortest fold goes."""
    folds = [read_curves(path) for path in paths]
    epochs = min(len(fold["epoch"]) for fold in folds)
    names = [name for name in folds[0] if name not in ("epoch", "seconds", "learning_rate")]
    return {name: np.mean([fold[name][:epochs] for fold in folds], axis=0).tolist() for name in names}


def smooth(curve: np.ndarray, factor: float = 0.9) -> np.ndarray:
    """Return the exponential moving average of a curve, as the book draws it: (epochs,) float64."""
    smoothed = np.array(curve, dtype=np.float64)
    for epoch in range(1, len(smoothed)):
        smoothed[epoch] = factor * smoothed[epoch - 1] + (1 - factor) * smoothed[epoch]
    return smoothed


def best_epoch(curve: list[float], direction: str) -> int:
    """Return the epoch, from 1, at which a mean curve is best; a long one is smoothed first: single dips are luck."""
    values = np.array(curve)
    if len(values) > _SMOOTHED_FROM:
        values = smooth(values)
    return int(values.argmin() if direction == "min" else values.argmax()) + 1
