"""The columns of a table of predictions: numbers, classes, probabilities, intervals and sets."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import numpy as np

from dlpy.data.features import Windows
from dlpy.data.quantiles import MEDIAN, medians, numbers_of
from dlpy.data.rows import Rows, series_of
from dlpy.data.steps import ROW, SOURCE, STEP, WORD
from dlpy.data.tables.timestamps import stamps
from dlpy.data.task import Output, Task
from dlpy.runs.results import class_names
from dlpy.scores.class_scores import class_probabilities
from dlpy.scores.conformal import sets_within
from dlpy.scores.temperature import scaled
from dlpy.scores.thresholds import USUAL
from dlpy.training.conformal import interval
from dlpy.training.decisions import Decision

Cells = list[list[str | float]]


def answers_of(
    predictions: Mapping[str, np.ndarray], rows: Rows, task: Task, decisions: Mapping[str, Decision] | None = None
) -> tuple[list[str], Cells]:
    """Return column names, and a line for each row: the number, or the class and the probability of every class.

    Of several outputs, each has columns that begin with its name. A forecast comes after the time of its target, or,
    without time stamps, the target's row from 0; the class of an image comes after its file.

    Args:
        predictions: (rows, units) by output, numbers in the target's own unit.
        rows: the predicted rows.
        task: the run's task.
        decisions: by output, what the predictions are turned into; None: they stay as they are.
    """
    mark, marks = _marks(rows)
    names, columns = [*mark], []
    for name, prediction in predictions.items():
        before, decision = f"{name}_" if len(predictions) > 1 else "", (decisions or {}).get(name, Decision())
        own, cells = _columns_of(task.outputs[name], prediction, decision)
        names += [before + column for column in own]
        columns.append(cells)
    lines = zip(marks, *columns, strict=True)
    return names, [[*first, *chain.from_iterable(line)] for first, *line in lines]


def _columns_of(output: Output, prediction: np.ndarray, decision: Decision) -> tuple[list[str], Cells]:
    """Return the names and, for each row, the cells of an output's columns; `prediction` is (rows, units)."""
    if output.kind == "codes":
        left, right = np.split(prediction.astype(np.float64), 2, axis=1)
        return ["similarity"], (left * right).sum(axis=1, keepdims=True).tolist()
    if output.kind == "regression":
        return _numbers(output, prediction, decision)
    if output.kind == "multilabel":
        names, predicted = _labels(output, prediction, decision)
        shown = _calibrated(prediction, decision.temperature, apart=True)
    else:
        names, predicted = _classes(output, prediction, decision)
        shown = class_probabilities(_calibrated(prediction, decision.temperature, apart=prediction.shape[1] == 1))
    columns = ["prediction", *(f"probability_{name}" for name in names)]
    cells: Cells = [[one, *row] for one, row in zip(predicted, shown.tolist(), strict=True)]
    for row in np.flatnonzero(np.isnan(prediction).any(axis=1)).tolist() if output.is_per_step else []:
        cells[row] = ["", *cells[row][1:]]  # a step that the model does not see
    if decision.limits is not None and output.kind != "multilabel":
        columns.append("prediction_set")
        sets = _joined(names, sets_within(prediction, float(decision.limits[0])))
        cells = [[*cell, one] for cell, one in zip(cells, sets, strict=True)]
    return columns, cells


def _numbers(output: Output, prediction: np.ndarray, decision: Decision) -> tuple[list[str], Cells]:
    names = number_names(output, numbers_of(output))
    if output.quantiles:
        others = [place for place, level in enumerate(output.quantiles) if level != MEDIAN]
        columns = [column for column in quantile_names(output) if column not in names]
        ends = prediction.reshape(len(prediction), len(names), -1)[:, :, others].reshape(len(prediction), -1)
        return [*names, *columns], np.concatenate([medians(prediction, output), ends], axis=1).tolist()
    if decision.limits is None:
        return names, prediction.tolist()
    low, high = interval(prediction, decision.limits, output)
    columns = [column for name in names for column in (name, f"{name}_low", f"{name}_high")]
    return columns, np.stack([prediction, low, high], axis=2).reshape(len(prediction), -1).tolist()


def number_names(output: Output, count: int) -> list[str]:
    """Return the names of the columns of predicted numbers; those of a forecast are numbered by the step ahead."""
    if count == 1 and output.horizon is None:
        return ["prediction"]
    first = 0 if output.horizon is None else 1
    return [f"prediction_{number + first}" for number in range(count)]


def quantile_names(output: Output) -> list[str]:
    """Return the names of predicted quantiles, in the order of the model's answers; a median has its number's name."""
    return [
        name if level == MEDIAN else f"{name}_quantile_{level:g}"
        for name in number_names(output, numbers_of(output))
        for level in output.quantiles
    ]


def _labels(output: Output, prediction: np.ndarray, decision: Decision) -> tuple[list[str], list[str]]:
    names = class_names(output, prediction.shape[1])
    limit = USUAL if decision.thresholds is None else np.array(decision.thresholds)
    return names, _joined(names, prediction.astype(np.float64) > limit)


def _classes(output: Output, prediction: np.ndarray, decision: Decision) -> tuple[list[str], list[str]]:
    probability = class_probabilities(prediction)
    names = class_names(output, probability.shape[1])
    if decision.thresholds is None:
        return names, [names[number] for number in probability.argmax(axis=1)]
    above = prediction[:, 0].astype(np.float64) > decision.thresholds[0]
    return names, [names[number] for number in above.astype(int)]


def _calibrated(prediction: np.ndarray, temperature: float | None, *, apart: bool) -> np.ndarray:
    return prediction if temperature is None else scaled(prediction, temperature, apart=apart)


def _joined(names: list[str], chosen: np.ndarray) -> list[str]:
    """Return the names that are chosen in each row, joined by semicolons: of (rows, names) bool."""
    return ["; ".join(name for name, is_in in zip(names, row, strict=True) if is_in) for row in chosen]


def _marks(rows: Rows) -> tuple[list[str], list[list[str]]]:
    """Return the names and the values of columns that identify forecasts, images or steps; other rows have none."""
    if STEP in rows.columns:
        return _marks_of_steps(rows)
    if "file" in rows.columns:
        return ["file"], [[name] for name in rows.columns["file"].tolist()]
    if not any(isinstance(x, Windows) for x in rows.inputs.values()):
        return [], [[]] * len(rows)
    if "time" in rows.columns:
        name, cells = "time", stamps(rows.columns["time"].astype("datetime64[us]"))
    else:
        name, cells = "row", [str(row) for row in rows.index]
    if (names := series_of(rows)) is not None:
        return ["series", name], [list(pair) for pair in zip(names.tolist(), cells, strict=True)]
    return [name], [[cell] for cell in cells]


def _marks_of_steps(rows: Rows) -> tuple[list[str], list[list[str]]]:
    """Return the row and the step, from 0, and for texts the word; for windows the row of the source."""
    if SOURCE in rows.columns:
        return ["row"], [[str(row)] for row in rows.columns[SOURCE].tolist()]
    names = [("row", ROW), ("step", STEP), *([("word", WORD)] if WORD in rows.columns else [])]
    columns = (map(str, rows.columns[column].tolist()) for _, column in names)
    return [name for name, _ in names], [list(cells) for cells in zip(*columns, strict=True)]
