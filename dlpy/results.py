"""What the files of a run hold, as arrays: scores by epoch, targets beside predictions, baselines."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.arrays import ArraysError, read_npz
from dlpy.captions import caption
from dlpy.data import Output
from dlpy.decimals import is_number
from dlpy.errors import RunError
from dlpy.objectives import DATA_LOSS
from dlpy.runs import Run

PARTS = {"validation": "validation rows", "test": "test rows", "out_of_fold": "out-of-fold rows"}
COUNTED = {"epoch": "phase", "step": "octave", "iteration": ""}  # what a line is of -> the column of its stretches


@dataclass(frozen=True)
class History:
    """The scores of every epoch, from metrics.csv.

    epochs: (epochs,) numbers from 1. curves: (epochs,) float64 by column, NaN where it was not finite.
    phases: (epochs,) which of training.phases an epoch was in, from 1; empty where there are none.
    counted: what a line is of: an epoch of training, or a step or iteration towards a picture; octaves are phases.
    """

    epochs: np.ndarray
    curves: dict[str, np.ndarray]
    phases: np.ndarray = field(default_factory=lambda: np.empty(0))
    counted: str = "epoch"

    def phase_starts(self) -> list[tuple[int, float]]:
        """Return each phase but the first, and between which epochs it began, such as (2, 10.5)."""
        changes = np.flatnonzero(np.diff(self.phases)) + 1
        return [(int(self.phases[at]), float(self.epochs[at]) - 0.5) for at in changes]

    def scores(self) -> list[str]:
        """Return the names of the scores, one for training and validation together; a learning rate if it changes."""
        constant = {name for name in ("learning_rate",) if name in self.curves and np.ptp(self.curves[name]) == 0}
        names = (name.removeprefix("val_") for name in self.curves if name not in constant)
        return sorted(dict.fromkeys(names), key=lambda name: name == "learning_rate")


@dataclass(frozen=True)
class Predictions:
    """What a model said of the rows of one part, beside the truth; rows with predictions that are not finite left out.

    target: (rows,) class numbers or values, or (rows, units). prediction: (rows, units) float64.
    """

    part: str
    target: np.ndarray
    prediction: np.ndarray
    left_out: int

    @property
    def heading(self) -> str:
        """The part as titles call it."""
        note = f" ({self.left_out:,} with predictions that are not finite left out)" if self.left_out else ""
        return PARTS[self.part] + note


def read_history(path: Path) -> History | None:
    """Return the scores of a metrics.csv, or None where there is no epoch yet; a row half written is not counted.

    Raises:
        RunError: the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        text = path.read_text()
        names, *rows = [line.split(",") for line in text[: text.rfind("\n") + 1].splitlines()] or [[]]
        table = np.array([[cell or "nan" for cell in row] for row in rows], np.float64).reshape(len(rows), len(names))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None
    if len(table) == 0 or names[0] not in COUNTED:
        return None
    columns = dict(zip(names, np.where(np.isfinite(table), table, np.nan).T, strict=True))
    epochs = columns.pop(names[0])
    columns.pop("seconds", None)
    phases = columns.pop(COUNTED[names[0]], np.empty(0))
    return History(epochs, phases=phases, curves=columns, counted=names[0])


def fold_histories(run: Run) -> list[History]:
    """Return the scores of every fold of a k-fold run that has begun, in the order of the folds."""
    found = (read_history(path) for path in sorted(run.path.glob("folds/*/metrics.csv")))
    return [history for history in found if history is not None]


def mean_history(histories: list[History]) -> History:
    """Return the mean of the folds' scores, over the epochs and scores that every fold has."""
    shortest = min((history.epochs for history in histories), key=len)
    shared = [name for name in histories[0].curves if all(name in history.curves for history in histories)]
    stacked = {name: np.stack([history.curves[name][: len(shortest)] for history in histories]) for name in shared}
    return History(shortest, {name: mean_over_folds(curves) for name, curves in stacked.items()})


def mean_over_folds(values: np.ndarray) -> np.ndarray:
    """Return the means over the first axis, (folds, ...), of what is defined; NaN where nothing is."""
    defined = np.isfinite(values)
    return np.where(defined, values, 0).sum(axis=0) / np.where(defined.any(axis=0), defined.sum(axis=0), np.nan)


def fold_spread(run: Run) -> dict[str, str]:
    """Return for each score a line about the folds' last epochs: mean, std and standard error; none of older runs."""
    summary = run.read("summary.json")
    names = ("mean", "std", "standard_error")
    blocks = [block for block in map(summary.get, names) if isinstance(block, dict)]
    lines = {}
    for score in blocks[0] if len(blocks) == len(names) else ():
        values = [block.get(score) for block in blocks]
        if all(isinstance(value, int | float) for value in values):
            mean, std, error = values
            lines[score] = f"\nlast epoch: mean {mean:.4g}, std {std:.4g} (n - 1), standard error {error:.4g}"
    return lines


def output_of(run: Run) -> Output | None:
    """Return the target of the run's task, or None where it has several."""
    record = run.read("run.json")
    try:
        outputs = list(record.get("task", {}).get("outputs", {}).values())
        if len(outputs) != 1:
            return None
        found = outputs[0]
        classes = tuple(map(str, found.get("classes") or ()))
        return Output(found["kind"], found.get("units"), classes, unit=str(found.get("unit", "")))
    except (AttributeError, KeyError, TypeError) as error:
        raise RunError(f"{run.path / 'run.json'} is damaged: its task cannot be read ({error}).") from None


def predictions_of(run: Run) -> list[Predictions]:
    """Return the stored predictions of every part that has some."""
    arrays = read_arrays(run.predictions)
    parts = [part for part in PARTS if f"{part}.target" in arrays and f"{part}.prediction" in arrays]
    for part in parts:
        shapes = arrays[f"{part}.target"].shape, arrays[f"{part}.prediction"].shape
        if not all(shapes) or shapes[0][0] != shapes[1][0]:
            raise RunError(f"{run.predictions} is damaged: its {part} arrays have shapes {shapes[0]} and {shapes[1]}.")
    found = [_finite(part, arrays[f"{part}.target"], arrays[f"{part}.prediction"]) for part in parts]
    return [predictions for predictions in found if len(predictions.target)]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an npz file of the run; none where it is not written yet.

    Raises:
        RunError: the file is damaged.
    """
    if not path.is_file():
        return {}
    try:
        return read_npz(path)
    except (OSError, ArraysError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None


def cell(text: str) -> str:
    """Return a text as a cell of a CSV that no spreadsheet takes for a formula."""
    starts = text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r", "\n"))
    return f"'{text}" if starts and not is_number(text) else text


def class_names(output: Output, count: int) -> list[str]:
    """Return what the classes are called: their names where the data has some, else their numbers."""
    return list(output.classes) if len(output.classes) == count else [str(number) for number in range(count)]


def baseline_of(run: Run, score: str) -> float | None:
    """Return what the constant guess of summary.json gets in this score, or None where that is not known."""
    known = _baseline(run)
    squared = score == "rmse" and "mse" in known
    value = known["mse"] if squared else known.get(score)
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return math.sqrt(abs(value)) if squared else float(value)


def is_weighted(run: Run, score: str) -> bool:
    """Return whether training rows count in this score by their class; in validation all count the same."""
    return score in ("loss", DATA_LOSS) and run.read("run.json").get("class_weighted") is True


def baseline_name(run: Run) -> str:
    """Return what the baseline of the run's summary does."""
    return str(_baseline(run).get("guess", "the last value"))


def _baseline(run: Run) -> dict[str, Any]:
    found = run.read("summary.json").get("baseline") or {}
    if not isinstance(found, dict):
        raise RunError(f"{run.path / 'summary.json'} is damaged: its baseline is no mapping.")
    return found


def in_unit(text: str, output: Output | None) -> str:
    """Return "predicted value (degC)" for the axis of a plot; the text alone where no unit is known."""
    return caption(f"{text} ({output.unit})" if output is not None and output.unit else text)


def _finite(part: str, target: np.ndarray, prediction: np.ndarray) -> Predictions:
    prediction = prediction.reshape(len(prediction), math.prod(prediction.shape[1:])).astype(np.float64)
    good = np.isfinite(prediction).all(axis=1)
    return Predictions(part, target[good], prediction[good], int(np.sum(~good)))
