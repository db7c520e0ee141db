"""The trials of a search, in trials.jsonl: one whole line for each trial that has ended, in any order."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from dlpy.core.errors import RunError
from dlpy.core.parsing import UnexpectedError, parse
from dlpy.runs.directory import Run
from dlpy.storage.atomic import finite, storage

TRIALS = "trials.jsonl"

Status = Literal["completed", "failed", "pruned"]


@dataclass(frozen=True)
class Trial:
    """One trial of a search.

    number: from 1. point: the value of each range, and the position of each choice from 0, by name; shown: the same as
    the user wrote it. score: the monitored score of the best epoch, a mean over folds and seeds where there are any;
    None if the trial failed before its first epoch ended. epoch: the best one, from 1. epochs: that were trained.
    scores: all scores of the best epoch. curve: the monitored score after each epoch, None where it is
    undefined. reason: why it failed.
    """

    number: int
    point: dict[str, float | int]
    shown: dict[str, Any]
    status: Status
    score: float | None
    epoch: int | None
    epochs: int
    scores: dict[str, float | None]
    curve: list[float | None]
    reason: str | None = None
    seconds: float = 0.0


def read_trials(run: Run) -> list[Trial]:
    """Return the trials of a search that have ended, by number; of a trial that was tried again, the last result.

    Raises:
        RunError: a line is damaged. The end of a line that a killed process left behind is ignored.
    """
    path = run.path / TRIALS
    if not path.is_file():
        return []
    *lines, _ = path.read_bytes().split(b"\n")  # what follows the last line break is no whole line
    found = [_trial(path, number, line) for number, line in enumerate(lines, 1)]
    return [trial for _, trial in sorted({trial.number: trial for trial in found}.items())]


def _trial(path: Path, number: int, line: bytes) -> Trial:
    try:
        return parse(json.loads(line), Trial)
    except (UnexpectedError, ValueError, RecursionError) as error:
        raise RunError(f"{path}:{number} is damaged: {error}.") from None


def append_trial(run: Run, trial: Trial) -> None:
    """Add a trial to trials.jsonl and flush it to disk; what a killed process left of a line is removed."""
    path = run.path / TRIALS
    line = json.dumps(finite(asdict(trial)), allow_nan=False) + "\n"
    with storage(path), path.open("a+b") as file:
        _remove_torn_line(file)
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def _remove_torn_line(file: BinaryIO) -> None:
    """Remove what follows the last line break of a file."""
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(-1, os.SEEK_END)
    if size and file.read(1) != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


def best_trial(trials: Sequence[Trial], direction: str) -> Trial | None:
    """Return the completed trial with the best score, the earlier one of equals; None if there is none.

    Args:
        trials: in any order.
        direction: "min" or "max", whichever is better.
    """
    return next(iter(ranked(trials, direction)), None)


def ranked(trials: Sequence[Trial], direction: str) -> list[Trial]:
    """Return the completed trials from the best to the worst; of equals the earlier one comes first."""
    scored = [(trial.score, trial) for trial in trials if trial.status == "completed" and trial.score is not None]
    sign = -1 if direction == "max" else 1
    return [trial for _, trial in sorted(scored, key=lambda pair: (sign * pair[0], pair[1].number))]
