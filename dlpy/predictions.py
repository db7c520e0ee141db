"""Predictions as a table that people read."""

from __future__ import annotations

import csv
import io

import numpy as np

from dlpy.class_scores import class_probabilities
from dlpy.data import Rows, Task
from dlpy.features import Windows
from dlpy.results import cell, class_names
from dlpy.time_stamps import stamp


def to_csv(prediction: np.ndarray, rows: Rows, task: Task) -> str:
    """Return a CSV with a line a row: the number, or the class and the probability of each.

    Before a forecast stands the time of its target, or the target's row, from 0, where there are no time stamps;
    before a picture's class its file.

    Args:
        prediction: (rows, units).
        rows: what was predicted.
        task: the run's task.
    """
    output = task.output
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    mark, marks = _marks(rows)
    if output.kind == "regression":
        names = ["prediction"] if prediction.shape[1] == 1 else [f"prediction_{i}" for i in range(prediction.shape[1])]
        writer.writerow([*mark, *names])
        numbers = ([f"{value:.9g}" for value in row] for row in prediction)
        writer.writerows([*first, *row] for first, row in zip(marks, numbers, strict=True))
        return text.getvalue()
    probability = class_probabilities(prediction)
    names = class_names(output, probability.shape[1])
    writer.writerow([*mark, "prediction", *(f"probability_{name}" for name in names)])
    for first, row in zip(marks, probability, strict=True):
        writer.writerow([*first, cell(names[int(row.argmax())]), *(f"{value:.9g}" for value in row)])
    return text.getvalue()


def _marks(rows: Rows) -> tuple[list[str], list[list[str]]]:
    """Return the name of what tells forecasts or pictures apart, and what it is of each; of other rows none."""
    if "file" in rows.columns:
        return ["file"], [[cell(name)] for name in rows.columns["file"].tolist()]
    if not isinstance(rows.x, Windows):
        return [], [[]] * len(rows)
    if "time" not in rows.columns:
        return ["row"], [[str(row)] for row in rows.index]
    return ["time"], [[stamp(time)] for time in rows.columns["time"].astype("datetime64[us]")]
