"""The texts to explain: given by the user, or rows of a run's data, such as the most wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.data.rows import Rows
from dlpy.data.task import Output, Task
from dlpy.explain.part import part_rows
from dlpy.explain.predictor import Predictor
from dlpy.explain.quantity import columns_of_output, output_named
from dlpy.explain.request import Ask
from dlpy.explain.watcher import Watcher
from dlpy.runs.directory import Run
from dlpy.runs.results import class_names
from dlpy.training.answers import target_of
from dlpy.training.given import Ask as AskToPredict
from dlpy.training.given import rows_of_file, rows_of_texts

_USUAL = 3  # most wrong texts
_MOST_SCORED = 5_000


@dataclass(frozen=True)
class ChosenTexts:
    """Texts to explain. task: before the transforms, with the words of integers if they are known."""

    rows: Rows
    task: Task
    titles: list[str]
    has_truth: bool = False


def chosen_texts(run: Run, predictor: Predictor, ask: Ask, watcher: Watcher) -> ChosenTexts:
    """Return the texts to explain: those given, or rows of the run's data.

    Raises:
        ConfigError: there is no such row, or the run takes no texts.
        DataError: the file or the data cannot be read.
    """
    trained = predictor.trained
    if ask.texts or ask.file is not None:
        if ask.file is not None:
            given = rows_of_file(trained, ask.file, AskToPredict(ask.checkpoint), watcher.notice).inputs
        else:
            given = rows_of_texts(run, trained, ask.texts).inputs
        return ChosenTexts(given, trained.raw_task, [f"text {n + 1}" for n in range(len(given))])
    watcher.begins("reading the data")
    part = part_rows(run, trained.experiment, ask.part)
    if ask.rows:
        places = np.array([part.position(number) for number in ask.rows])
    else:
        scored = part.sample(_MOST_SCORED, ask.seed)
        places = scored[_most_wrong(predictor, part.rows.take(scored), ask)]
    rows = part.rows.take(places)
    return ChosenTexts(rows, part.task, [f"row {number}" for number in rows.index.tolist()], has_truth=True)


def _most_wrong(predictor: Predictor, rows: Rows, ask: Ask) -> np.ndarray:
    """Return the positions of the most wrong rows, the most wrong first."""
    name = output_named(predictor.task, ask.target)
    numbers, output = predictor.predict(rows), predictor.task.outputs[name]
    known = predictor.trained.applied(rows).of_target(name)
    return np.argsort(-_wrongness(known, numbers[name], output), kind="stable")[: ask.wrongest or _USUAL]


def _wrongness(rows: Rows, prediction: np.ndarray, output: Output) -> np.ndarray:
    """Return how wrong each prediction is: (rows,), at least 0; of rows without a target NaN."""
    columns, target = columns_of_output(prediction, output), target_of(rows, output)
    if output.has_classes:
        return 1 - columns[np.arange(len(rows)), np.maximum(target, 0)]
    return np.abs(columns - target.reshape(columns.shape)).max(axis=1)


def truth_of(predictor: Predictor, raw: Rows, name: str) -> str:
    """Return the true class, labels or number of a row as a text."""
    output = predictor.task.outputs[name]
    target = target_of(predictor.trained.applied(raw).of_target(name), output)
    if output.has_classes:
        return class_names(output, output.class_count)[int(target[0])] if target[0] >= 0 else "unknown"
    if output.kind == "multilabel":
        names = class_names(output, target.shape[1])
        return ", ".join(label for label, is_true in zip(names, target[0], strict=True) if is_true == 1) or "none"
    return f"{float(np.ravel(raw.targets[name])[0]):.6g}"
