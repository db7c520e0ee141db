"""Scores of predicted quantiles: the pinball loss, coverage and width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pinball(target: np.ndarray, prediction: np.ndarray, levels: Sequence[float]) -> float:
    """Return the mean pinball loss of quantiles.

    Args:
        target: (rows, numbers). prediction: (rows, numbers, quantiles). levels: of the quantiles, between 0 and 1.

    Source: Koenker & Bassett 1978, Regression Quantiles.
    """
    return float(pinball_of_rows(target, prediction, levels).mean())


def pinball_of_rows(target: np.ndarray, prediction: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Return the pinball loss of each row, the mean over its numbers and quantiles: (rows,).

    Args:
        target, prediction, levels: as in `pinball`.
    """
    errors = target[:, :, None].astype(np.float64) - prediction
    return np.maximum(np.asarray(levels) * errors, (np.asarray(levels) - 1) * errors).mean(axis=(1, 2))


def coverages(target: np.ndarray, prediction: np.ndarray, levels: Sequence[float]) -> list[dict[str, float]]:
    """Return for each pair of quantiles around the median how often the target lies between them, and how far apart.

    The outermost pair comes first. `asked` is the distance of the levels, `covered` the share of targets within, both
    ends included, and `width` the mean distance of the quantiles. `interval_score` is the width plus what misses cost:
    the distance from the band, times 2 / (1 - asked); the lower, the better.

    Args:
        target: (rows, numbers). prediction: (rows, numbers, quantiles). levels: ascending, such as 0.1, 0.5, 0.9.

    Source: interval score: Gneiting & Raftery 2007, Strictly Proper Scoring Rules, Prediction, and Estimation.
    """
    found = []
    for low in range(len(levels) // 2):
        high = len(levels) - 1 - low
        ends = prediction[:, :, low], prediction[:, :, high]
        covered = float(np.mean((ends[0] <= target) & (target <= ends[1])))
        asked, width = round(levels[high] - levels[low], 10), float(np.mean(ends[1] - ends[0]))
        beyond = float(np.mean(np.maximum(0, np.maximum(ends[0] - target, target - ends[1]))))
        score = width + 2 / (1 - asked) * beyond
        found.append({"asked": asked, "covered": covered, "width": width, "interval_score": score})
    return found
