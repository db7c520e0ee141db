"""What is to be predicted: rows of a user's file, or texts, and how they are asked about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.core.errors import ConfigError, DataError, reading
from dlpy.data.rows import Rows
from dlpy.data.tables.part_files import matching
from dlpy.data.task import SOURCE, Task
from dlpy.datasets._texts import checked
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.training.evaluate import Tell, Trained, tasks


@dataclass(frozen=True)
class Ask:
    """How rows are predicted.

    checkpoint: whose weights to use. keep: columns of the user's table to copy in front of the predictions.
    strict: whether to refuse rows with values that no training row held.
    coverage: of the intervals and sets to add; None: none are added.
    """

    checkpoint: checkpoints.Which = "best"
    keep: tuple[str, ...] = ()
    strict: bool = False
    coverage: float | None = None


@dataclass(frozen=True)
class Given:
    """Rows to predict, what they are in messages, and cells of their table to copy by column."""

    rows: Rows
    what: str
    kept: dict[str, list[str]]

    @property
    def inputs(self) -> Rows:
        """The rows without targets: of a file that holds them, they have been read, and nothing else uses them."""
        return replace(self.rows, targets={})


def rows_of_file(trained: Trained, path: Path, ask: Ask, tell: Tell) -> Given:
    """Return the rows of a user's file.

    Raises:
        DataError: the file cannot be read, or does not fit the run.
    """
    data = trained.experiment.data
    read = data.history if trained.bands.adapt else data.read  # the errors of earlier rows change the widths of bands
    rows = read(path, trained.raw_task)
    if len(rows) == 0:
        raise DataError(f"{path} has no row to predict.")
    kept = _kept(trained.experiment.data, path, columns_of(ask.keep), tell)
    return Given(rows, f"the rows of {path}", kept)


def require_file(path: Path) -> None:
    """Raise UnavailableError if there is no such file or folder, and none that a pattern names."""
    if not matching(path):
        with reading(path):
            pass


def require_texts(run: Run, ask: Ask) -> None:
    """Raise ConfigError if texts alone are not what the run predicts, or columns are to be kept of them."""
    if ask.keep:
        raise ConfigError("--keep names columns of a table, and --text has none: leave --keep out.")
    raw = tasks(run)[0]
    names = raw.inputs
    if len(names) > 1 and not raw.translates:
        raise ConfigError(
            f"--text: run {run.id} has several inputs ({', '.join(names)}): give a file with all of them."
        )
    _text_input(run, raw)


def rows_of_texts(run: Run, trained: Trained, texts: list[str]) -> Given:
    """Return texts as rows.

    Raises:
        ConfigError: the run was not trained on texts.
        DataError: a text is empty.
    """
    name = _text_input(run, trained.raw_task)
    given = checked(texts, lambda row: f"--text number {row + 1}")
    rows = Rows({name: given}, {}, np.arange(len(given)))
    return Given(rows, "the texts of --text", {})


def _text_input(run: Run, task: Task) -> str:
    """Return the name of the one input that a run reads, which takes texts."""
    names = [SOURCE] if task.translates else list(task.inputs)
    if [task.inputs[name].kind for name in names] != ["text"]:
        raise ConfigError(f"--text: run {run.id} was trained on {task.rows}, not on texts. Give a file.")
    return names[0]


def columns_of(keep: tuple[str, ...]) -> list[str]:
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
