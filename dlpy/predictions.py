"""Predictions as a table that people read."""

from __future__ import annotations

import csv
import io

import numpy as np

from dlpy.data import Task
from dlpy.results import cell, class_names, class_probabilities


def to_csv(prediction: np.ndarray, task: Task) -> str:
    """Return a CSV with a line a row: the number, or the class and the probability of each.

    Args:
        prediction: (rows, units).
    """
    output = task.output
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if output.kind == "regression":
        names = ["prediction"] if prediction.shape[1] == 1 else [f"prediction_{i}" for i in range(prediction.shape[1])]
        writer.writerow(names)
        writer.writerows([f"{value:.9g}" for value in row] for row in prediction)
        return text.getvalue()
    probability = class_probabilities(prediction)
    names = class_names(output, probability.shape[1])
    writer.writerow(["prediction", *(f"probability_{name}" for name in names)])
    for row in probability:
        writer.writerow([cell(names[int(row.argmax())]), *(f"{value:.9g}" for value in row)])
    return text.getvalue()
