"""Scores of forecasts: the error by step ahead, and how often bands of quantiles hold the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.scores.quantiles import coverages
from dlpy.training.answers import Answers, arrays_of


def forecast_scores(answers: Answers) -> dict[str, Any]:
    """Return `steps`, the mean absolute error of each step ahead and of the naive forecasts, and `bands`.

    All are in the target's own unit. Rows without a horizon have no steps, and predictions without quantiles no bands.
    """
    output, found = answers.task.output, {}
    if output.horizon is None and answers.quantiles is None:
        return {}
    arrays = arrays_of(answers)
    target = arrays["target"].reshape(len(answers.rows), -1)
    if output.horizon is not None:
        found["steps"] = steps_table(arrays, target)
    if answers.quantiles is not None:
        quantiles = arrays["quantiles"].reshape(*target.shape, -1)
        found["bands"] = coverages(target, quantiles, answers.levels)
    return found


def steps_table(arrays: dict[str, np.ndarray], target: np.ndarray) -> list[dict[str, float]]:
    """Return for each step ahead, from 1, the mean absolute errors of the prediction and the naive forecasts."""
    names = {"mae": "prediction", "last_value": "baseline", "seasonal": "seasonal"}
    errors = {
        key: np.abs(arrays[name].reshape(target.shape).astype(np.float64) - target).mean(axis=0)
        for key, name in names.items()
        if name in arrays
    }
    return [
        {"step": step + 1, **{key: float(values[step]) for key, values in errors.items()}}
        for step in range(target.shape[1])
    ]
