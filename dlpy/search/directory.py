"""The files of a search besides its log: search.yaml, and the folders of trials and of their folds and seeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dlpy.core.errors import ConfigError, RunError
from dlpy.core.parsing import Scores, read_json
from dlpy.experiment.document import Document, read
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.ranges import Space
from dlpy.experiment.search_checks import search_of
from dlpy.experiment.yaml_reader import to_yaml
from dlpy.runs.directory import Run
from dlpy.storage.atomic import write_whole

SEARCH = "search.yaml"
BEST = "best.yaml"
_RESULT = "result.json"


@dataclass(frozen=True)
class Result:
    """The result of one training of a trial: result.json in its folder, written last.

    scores: of the best epoch. epoch: the best one, from 1. epochs: that were trained. curve: the monitored score after
    each epoch. is_pruned: whether the pruner ended it.
    """

    scores: Scores
    epoch: int
    epochs: int
    curve: list[float | None] = field(default_factory=list)
    is_pruned: bool = False
    seconds: float = 0.0


def trial_folder(run: Run, number: int) -> Run:
    """Return the folder of a trial, numbered from 1, as a run."""
    return Run(run.path / "trials" / f"{number:04d}")


def write_document(path: Path, document: Document) -> None:
    """Write an experiment file with the values of a document; files that it extends are merged in."""
    text = to_yaml(document.values)
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_search(run: Run) -> tuple[Space, Experiment]:
    """Return the space of a search, whose source is search.yaml, and the experiment at its first point.

    Raises:
        RunError: search.yaml is missing, or was changed.
    """
    path = run.path / SEARCH
    if not path.is_file():
        raise RunError(f"{run.path} has no {SEARCH}.")
    try:
        return search_of(read(path))
    except ConfigError as error:
        raise RunError(f"{path} was changed, or written by another version: {error}") from None


def write_result(folder: Run, result: Result) -> None:
    """Write the result of a training into its folder; its other results are there already."""
    folder.write(_RESULT, {**result.__dict__, "scores": dict(result.scores)})


def read_result(folder: Run) -> Result | None:
    """Return the result of a training, or None if it is not done.

    Raises:
        RunError: the file is damaged.
    """
    try:
        return read_json(folder.path / _RESULT, Result)
    except FileNotFoundError:
        return None
