"""Targets of steps: one for each token of a text, or for each time step of a series.

They are (rows, steps) class numbers, -1 where a step has no target, such as padding; or (rows, steps, units) numbers,
NaN where there is none. Scores are those of the steps that have a target, each as a row of its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlpy.data.features import Padded
from dlpy.data.rows import Rows, known_rows
from dlpy.data.task import Output, Task

STRIDE = 2**20  # a step is numbered `row * STRIDE + step`
ROW, STEP, TOKEN, WORD = "row of step", "step", "token", "word"  # columns of rows that are steps
# columns of windows: the row of the source where each begins, and how many of its first steps another one has too
START, REPEATED = "start", "repeated"
SOURCE = "source row"  # of steps of windows: the row in the source


def counted(rows: Rows, name: str, output: Output) -> Rows:
    """Return the rows that count for an output, with its target alone; of targets of steps, each step as a row.

    Rows without targets stay as they are. Steps have no inputs; they are numbered by `step_numbers`, their group is
    that of their row, or else the row, and the columns ROW and STEP say where they are. For texts, TOKEN is the integer
    that the model reads there.
    """
    if not rows.targets or not (output.has_missing or output.is_per_step):
        return rows.of_target(name)
    return _as_rows(rows, name) if output.is_per_step else rows.with_target(name)


def counted_predictions(rows: Rows, name: str, output: Output, prediction: np.ndarray) -> np.ndarray:
    """Return the predictions for the rows, or steps, that `counted` returns: (counted, units).

    Args:
        rows, name, output: those of `counted`.
        prediction: for all rows: (rows, units), or of steps (rows, steps, units).
    """
    if not output.is_per_step:
        return prediction[known_rows(rows.targets[name])] if output.has_missing else prediction
    return prediction[has_target(rows.targets[name])]


def counted_task(task: Task) -> Task:
    """Return the task with one output for rows that are steps."""
    (name,) = task.outputs
    return task.with_output(task.output.of_one_step, name)


def has_target(target: np.ndarray) -> np.ndarray:
    """Return for each step whether it has a target: (rows, steps) bool."""
    return ~np.any(np.isnan(target), axis=2) if target.ndim > 2 else np.greater_equal(target, 0)


def step_numbers(rows: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the numbers of steps, given the numbers of their rows, and where in the rows they are."""
    return rows.astype(np.int64) * STRIDE + steps


def _as_rows(rows: Rows, name: str) -> Rows:
    target = rows.targets[name]
    known = has_target(target)
    row, step = np.nonzero(known)
    padded = [x for x in rows.inputs.values() if isinstance(x, Padded) and x.length == known.shape[1]]
    in_front = padded[0].length - padded[0].lengths if padded and padded[0].front else np.zeros(len(known), np.int64)
    step = step - in_front[row]
    columns = {"group": rows.columns.get("group", rows.index)[row], ROW: row, STEP: step}
    if len(padded) == 1:
        columns[TOKEN] = padded[0].numbers()[known]
    return Rows({}, {name: target[known]}, step_numbers(rows.index[row], step), columns)


def some_series(rows: Rows, most: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return some rows of series, (some, steps, columns) float32, and their numbers; None for other rows."""
    x = next(iter(rows.inputs.values()), None)
    if len(rows.inputs) != 1 or not isinstance(x, np.ndarray) or x.ndim != 3:
        return None
    places = np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64))
    return x[places].astype(np.float32), rows.index[places]


def as_task_of_steps(task: Task, steps: int | None) -> Task:
    """Return the task with the number of steps of every output that has targets of steps."""
    changed = {name: replace(one, steps=steps) if one.per_step else one for name, one in task.outputs.items()}
    return replace(task, outputs=changed)
