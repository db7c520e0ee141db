"""Predictions for a user's rows, as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.core.errors import ConfigError, DataError
from dlpy.core.suggestions import command
from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.data.tables.timestamps import stamp
from dlpy.data.task import Output, Task
from dlpy.data.unfamiliar import Unfamiliar, require_familiar
from dlpy.data.validate import check_rows
from dlpy.datasets._texts import checked
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.runs.results import cell, class_names
from dlpy.scores.class_scores import class_probabilities
from dlpy.storage.atomic import number_text
from dlpy.training.answers import by_target, own_targets
from dlpy.training.evaluate import Tell, Trained, restore, silent, tasks


@dataclass(frozen=True)
class Ask:
    """How rows are predicted.

    checkpoint: whose weights to use. keep: columns of the user's table to copy in front of the predictions.
    strict: whether to refuse rows with values that no training row held.
    """

    checkpoint: checkpoints.Which = "best"
    keep: tuple[str, ...] = ()
    strict: bool = False


@dataclass(frozen=True)
class Predicted:
    """The predictions for some rows as a table, and the values in them that no training row held."""

    names: list[str]
    lines: list[list[str | float]]
    unfamiliar: list[Unfamiliar]

    def to_csv(self) -> str:
        """Return the table as CSV; no text in it is read as a formula."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(cell, self.names))
        for line in self.lines:
            writer.writerow(cell(value) if isinstance(value, str) else number_text(value) for value in line)
        return text.getvalue()

    def records(self) -> list[dict[str, str | float]]:
        """Return each line as a mapping from column names to values."""
        return [dict(zip(self.names, line, strict=True)) for line in self.lines]


def predict(run: Run, path: Path, ask: Ask, tell: Tell = silent) -> Predicted:
    """Return a run's predictions for the rows of a user's file.

    Raises:
        DataError: the file cannot be read, or does not fit the run.
    """
    _require_answers(run)
    trained = restore(run, ask.checkpoint, tell)
    rows = trained.experiment.data.read(path, trained.raw_task)
    if len(rows) == 0:
        raise DataError(f"{path} has no rows.")
    kept = _kept(trained.experiment.data, path, _columns(ask.keep), tell)
    return _predicted(trained, rows, f"the rows of {path}", ask, kept)


def predict_texts(run: Run, texts: list[str], ask: Ask, tell: Tell = silent) -> Predicted:
    """Return a run's predictions for texts.

    Raises:
        ConfigError: the run was not trained on texts.
        DataError: a text is empty.
    """
    _require_answers(run)
    if ask.keep:
        raise ConfigError("--keep names columns of a table, and --text has none: leave --keep out.")
    names = tasks(run)[0].inputs
    if len(names) > 1:
        raise ConfigError(
            f"--text: run {run.id} has several inputs ({', '.join(names)}): give a file with all of them."
        )
    trained = restore(run, ask.checkpoint, tell)
    if [given.kind for given in trained.raw_task.inputs.values()] != ["text"]:
        raise ConfigError(f"--text: run {run.id} was trained on {trained.raw_task.rows}, not on texts. Give a file.")
    (name,) = trained.raw_task.inputs
    given = checked(texts, lambda row: f"--text number {row + 1}")
    rows = Rows({name: given}, {}, np.arange(len(given)))
    return _predicted(trained, rows, "the texts of --text", ask, {})


def _require_answers(run: Run) -> None:
    """Raise ConfigError where the run's model is generative."""
    if not tasks(run)[1].has_answers:
        raise ConfigError(f"run {run.id} is generative and predicts nothing: use `{command('generate', run.id)}`.")


def _columns(keep: tuple[str, ...]) -> list[str]:
    """Return the column names of `--keep id,name`, each once."""
    names = [name.strip() for text in keep for name in text.split(",")]
    if not all(names):
        raise ConfigError(f"--keep {','.join(keep)}: expected names of columns, such as --keep id,name.")
    return list(dict.fromkeys(names))


def _kept(data: Dataset, path: Path, names: list[str], tell: Tell) -> dict[str, list[str]]:
    """Return the columns to write beside the predictions: those asked for, after those of `data.keep`."""
    usual = data.usually_carried()
    kept = data.carried(path, names) if names or usual else {}
    for name in usual:
        if name not in kept:
            tell(f"{path} has no column '{name}' to keep (data.keep).")
    return kept


def _predicted(trained: Trained, raw: Rows, what: str, ask: Ask, kept: dict[str, list[str]]) -> Predicted:
    raw = replace(raw, targets={})  # of a file that holds them: they have been read, and nothing else uses them
    unfamiliar = trained.pipeline.unfamiliar(raw)
    if ask.strict:
        require_familiar(unfamiliar, what)
    rows = trained.applied(raw)
    check_rows(rows, what.removeprefix("the rows of "), trained.task)
    predictions = trained.engine.predict_all(rows, trained.experiment.training.batch_size)
    own, answers = answers_of(own_targets(trained.task, by_target(trained.task, predictions)), raw, trained.task)
    twice = [name for name in kept if name in own]
    if twice:
        raise ConfigError(f"--keep {twice[0]}: the predictions have a column of that name. Rename yours.")
    lines = [[*cells, *answer] for *cells, answer in zip(*kept.values(), answers, strict=True)]
    return Predicted([*kept, *own], lines, unfamiliar)


def answers_of(
    predictions: Mapping[str, np.ndarray], rows: Rows, task: Task
) -> tuple[list[str], list[list[str | float]]]:
    """Return column names, and a line for each row: the number, or the class and the probability of every class.

    Of several outputs, each has columns that begin with its name. A forecast comes after the time of its target, or,
    without time stamps, the target's row from 0; the class of an image comes after its file.

    Args:
        predictions: (rows, units) by output, numbers in the target's own unit.
        rows: the predicted rows.
        task: the run's task.
    """
    mark, marks = _marks(rows)
    names, columns = [*mark], []
    for name, prediction in predictions.items():
        own, cells = _columns_of(task.outputs[name], prediction, f"{name}_" if len(predictions) > 1 else "")
        names += own
        columns.append(cells)
    lines = zip(marks, *columns, strict=True)
    return names, [[*first, *(cell for cells in line for cell in cells)] for first, *line in lines]


def _columns_of(output: Output, prediction: np.ndarray, before: str) -> tuple[list[str], list[list[str | float]]]:
    """Return the names and, for each row, the cells of an output's columns.

    Args:
        output: the output.
        prediction: (rows, units).
        before: what precedes the names.
    """
    if output.kind == "regression":
        count = prediction.shape[1]
        names = [f"{before}prediction"] if count == 1 else [f"{before}prediction_{i}" for i in range(count)]
        return names, prediction.tolist()
    if output.kind == "multilabel":
        names = class_names(output, prediction.shape[1])
        true = [[name for name, is_true in zip(names, row, strict=True) if is_true] for row in prediction > 0.5]
        cells = zip(map("; ".join, true), prediction.tolist(), strict=True)
    else:
        probability = class_probabilities(prediction)
        names = class_names(output, probability.shape[1])
        classes = [names[number] for number in probability.argmax(axis=1)]
        cells = zip(classes, probability.tolist(), strict=True)
    return [f"{before}prediction", *(f"{before}probability_{name}" for name in names)], [
        [one, *row] for one, row in cells
    ]


def _marks(rows: Rows) -> tuple[list[str], list[list[str]]]:
    """Return the name and the values of a column that identifies forecasts or images; other rows have none."""
    if "file" in rows.columns:
        return ["file"], [[name] for name in rows.columns["file"].tolist()]
    if not any(isinstance(x, Windows) for x in rows.inputs.values()):
        return [], [[]] * len(rows)
    if "time" not in rows.columns:
        return ["row"], [[str(row)] for row in rows.index]
    return ["time"], [[stamp(time)] for time in rows.columns["time"].astype("datetime64[us]")]
