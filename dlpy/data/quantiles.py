"""Outputs that predict several quantiles of each number, side by side, and their medians as point predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlpy.data.task import Output, Task

MEDIAN = 0.5


def numbers_of(output: Output) -> int:
    """Return how many numbers an output predicts, whatever the number of their quantiles."""
    return (output.units or 1) // max(1, len(output.quantiles))


def medians(predictions: np.ndarray, output: Output) -> np.ndarray:
    """Return the point predictions, (rows, numbers), of predictions (rows, numbers x quantiles)."""
    if not output.quantiles:
        return predictions
    return predictions[:, output.quantiles.index(MEDIAN) :: len(output.quantiles)]


def median_task(task: Task) -> Task:
    """Return the task as it is for the point predictions of the only output."""
    if not task.output.quantiles:
        return task
    return task.with_output(replace(task.output, units=numbers_of(task.output), quantiles=()))
