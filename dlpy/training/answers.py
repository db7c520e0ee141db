"""A model's predictions for rows whose targets are known, by output, and how they are stored in predictions.npz."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dlpy.data.features import Windows
from dlpy.data.quantiles import median_task, medians
from dlpy.data.rows import Rows, known_rows, series_of
from dlpy.data.steps import counted, counted_predictions, counted_task, some_series
from dlpy.data.task import Output, Task
from dlpy.data.units import own_of_rows
from dlpy.data.validate import class_numbers
from dlpy.runs.arrays import read_arrays
from dlpy.runs.directory import Run
from dlpy.runs.predictions import key_of
from dlpy.runs.samples import Guesses, save_wrongest
from dlpy.storage import atomic
from dlpy.storage.atomic import write_arrays
from dlpy.storage.cache import alone
from dlpy.training.class_table import class_table, save_class_table

_MOST_DRAWN = 4  # rows of series, and windows whose past is stored, for plots
_PERIODS = 3  # horizons of their past


@dataclass(frozen=True)
class Answers:
    """The predictions of one output for the rows that have its target.

    output: its name. raw, rows: the rows before and after the transforms, with this target alone; of targets of steps,
    each step is a row (see data/steps.py). task: with this output alone. prediction: (rows, units); of several
    quantiles, the medians. quantiles: all of them, (rows, numbers x quantiles), in the order of `levels`.
    """

    output: str
    raw: Rows
    rows: Rows
    task: Task
    prediction: np.ndarray
    is_only: bool = True  # the task has no other outputs
    quantiles: np.ndarray | None = None
    levels: tuple[float, ...] = ()
    series: tuple[np.ndarray, np.ndarray] | None = None  # of targets of steps: some rows to draw, see `some_series`
    past: Mapping[str, np.ndarray] | None = None  # of windows that `rows` have no more: see `past_of`

    def key(self, part: str) -> str:
        """Return the name of the part and, of several outputs, of this one, as files are named."""
        return part if self.is_only else key_of(part, self.output)


def by_target(task: Task, predictions: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return predictions by the names of the targets; a model with one output gives them without a name."""
    return {name: predictions[name] if name in predictions else predictions[""] for name in task.outputs}


def own_targets(task: Task, numbers: Mapping[str, np.ndarray], rows: Rows) -> dict[str, np.ndarray]:
    """Return targets or predictions of rows by output, numbers in the target's own unit."""
    return {name: own_of_rows(array, task.outputs[name], rows) for name, array in numbers.items()}


def points(task: Task, predictions: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the point predictions by output: the medians where a model predicts several quantiles."""
    return {name: medians(array, task.outputs[name]) for name, array in by_target(task, predictions).items()}


def quantiles_of(task: Task, predictions: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return all predicted quantiles by output, (rows, numbers x quantiles); without those that predict none."""
    return {name: array for name, array in by_target(task, predictions).items() if task.outputs[name].quantiles}


def answers_for(raw: Rows, rows: Rows, task: Task, predictions: Mapping[str, np.ndarray]) -> list[Answers]:
    """Return the answers by output; rows without a target are left out.

    Args:
        raw: the rows before the transforms.
        rows: the same rows after them.
        task: of the run.
        predictions: what the engine predicts for the rows.
    """
    found, given = [], by_target(task, predictions)
    for name, output in task.outputs.items():
        after = counted(rows, name, output)
        before = after if output.is_per_step else raw.of_target(name)
        if output.has_missing and not output.is_per_step:
            before = before.take(known_rows(rows.targets[name]))
        prediction = counted_predictions(rows, name, output, given[name])
        own = median_task(counted_task(task.of_output(name)))
        series = some_series(rows, _MOST_DRAWN) if output.is_per_step else None
        answers = Answers(name, before, after, own, medians(prediction, output), len(task.outputs) == 1, series=series)
        if output.quantiles:
            answers = replace(answers, quantiles=prediction, levels=output.quantiles)
        found.append(answers)
    return found


def save_predictions(run: Run, part: str, answers: list[Answers]) -> None:
    """Add a part's targets and predictions to predictions.npz, and save the most wrong images and texts.

    Numbers are in the target's own unit. For windows of a series, the baseline's forecasts are added, and the times of
    the targets where they are known.

    Args:
        run: the run.
        part: "validation" or "test".
        answers: of each output.
    """
    new = {f"{answer.key(part)}.{name}": array for answer in answers for name, array in arrays_of(answer).items()}
    with atomic.storage(run.predictions), alone(run.changes):  # other parts may be scored at the same time
        write_arrays(run.predictions, read_arrays(run.predictions) | new)
    for answer in answers:
        output, target = answer.task.output, target_of(answer.rows, answer.task.output)
        if output.has_classes or output.kind == "multilabel":
            save_class_table(run, answer.key(part), class_table(target, answer.prediction, output))
        are_series = any(given.whole for given in answer.task.inputs.values())
        if output.has_classes and answer.raw.inputs and not are_series:
            save_wrongest(run, answer.key(part), answer.raw, Guesses(target, answer.prediction, output))


def arrays_of(answer: Answers) -> dict[str, np.ndarray]:
    """Return the arrays that are stored of an output's predictions by name, numbers in the target's own unit."""
    rows, output = answer.rows, answer.task.output
    new = {
        "index": rows.index.astype(np.int64, copy=False),
        "target": target_of(rows, output),
        "prediction": answer.prediction,
    }
    x = next(iter(rows.inputs.values()), None)
    if isinstance(x, Windows):
        new |= dict(zip(["baseline", "seasonal"], x.guesses().values(), strict=False))
    if answer.quantiles is not None:
        new["quantiles"] = answer.quantiles
    if output.kind == "regression":
        new |= {name: own_of_rows(new[name], output, rows) for name in new.keys() - {"index"}}
    new |= past_of(rows, output) if answer.past is None else answer.past
    if isinstance(x, Windows) and "time" in rows.columns:
        new["time"] = rows.columns["time"]
    new |= places_of(rows) if answer.quantiles is not None else {}
    new |= group_numbers(rows)
    if "file" in rows.columns:
        new["file"] = rows.columns["file"]
    if answer.series is not None:
        new |= dict(zip(("series", "series_rows"), answer.series, strict=True))
    return new


def past_of(rows: Rows, output: Output) -> dict[str, np.ndarray]:
    """Return the target before a few windows' first steps ahead, in its own unit, and where these windows are.

    Nothing for other rows, and without a horizon.
    """
    windows = next(iter(rows.inputs.values()), None)
    if not isinstance(windows, Windows) or output.horizon is None or windows.target is None:
        return {}
    drawn = np.unique(np.linspace(0, len(windows) - 1, _MOST_DRAWN + 2)[1:-1].astype(np.int64))
    some = rows.take(drawn)
    length = min(int(windows.offsets.max()) + 1, _PERIODS * (output.horizon or 1))
    ends = windows.ends[drawn]
    past = windows.series[ends[:, None] - np.arange(length, 0, -1), windows.target]
    found = {"drawn": drawn, "history": own_of_rows(past, output, some)}
    names = series_of(some)
    return found if names is None else {**found, "drawn_series": names}


def places_of(rows: Rows) -> dict[str, np.ndarray]:
    """Return where windows of a series end, and the names of their series; nothing for other rows."""
    windows = next(iter(rows.inputs.values()), None)
    if not isinstance(windows, Windows):
        return {}
    names = series_of(rows)
    return {"origin": windows.ends} if names is None else {"origin": windows.ends, "of_series": names}


def group_numbers(rows: Rows) -> dict[str, np.ndarray]:
    """Return the number of each row's group under "group"; nothing if the rows have no groups."""
    if "group" not in rows.columns:
        return {}
    return {"group": np.unique(rows.columns["group"], return_inverse=True)[1].reshape(-1).astype(np.int64)}


def target_of(rows: Rows, output: Output) -> np.ndarray:
    """Return the only target of rows: (rows,) class numbers, or values."""
    return class_numbers(rows, output) if output.has_classes else rows.y
