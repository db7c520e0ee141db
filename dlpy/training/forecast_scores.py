"""Scores of forecasts: the error by step ahead."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.training.answers import Answers, arrays_of


def forecast_scores(answers: Answers) -> dict[str, Any]:
    """Return `steps`, the mean absolute error of each step ahead and of the naive forecasts, in the target's own unit.

    Rows without a horizon have none.
    """
    if answers.task.output.horizon is None:
        return {}
    arrays = arrays_of(answers)
    return {"steps": steps_table(arrays, arrays["target"].reshape(len(answers.rows), -1))}


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
