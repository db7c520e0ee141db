"""A search among runs: the score that it compares trials by, and the directories of its trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlpy.core.errors import ConfigError, RunError
from dlpy.experiment.document import Document, read
from dlpy.runs.directory import Run
from dlpy.runs.score_direction import larger_is_better
from dlpy.runs.trials import Trial


def search_file(run: Run) -> Document:
    """Return the experiment of a search with its ranges; no code of the run is executed.

    Raises:
        RunError: the file is damaged or missing.
    """
    path = run.path / "search.yaml"
    try:
        return read(path)
    except (ConfigError, OSError) as error:
        raise RunError(f"{path} cannot be read: {error}") from None


def monitor_of(run: Run) -> str:
    """Return the score that a search compares its trials by, such as val_mae.

    Raises:
        RunError: search.yaml is damaged or missing.
    """
    values = search_file(run).values
    search: Any = values.get("search")
    chosen = search.get("monitor") if isinstance(search, dict) else None
    return str(chosen or _of_checkpoint(values.get("callbacks")) or "val_loss")


def _of_checkpoint(callbacks: Any) -> str | None:
    """Return the monitor of the callback `checkpoint`, if the list has it."""
    for callback in callbacks if isinstance(callbacks, list) else []:
        if isinstance(callback, dict) and callback.get("name") == "checkpoint":
            return callback.get("monitor")
    return None


def direction_of(run: Run, trials: Sequence[Trial]) -> str:
    """Return whether the smaller ("min") or the larger score ("max") of a search is better.

    Raises:
        RunError: search.yaml is damaged or missing.
    """
    configs = [run, *(trial_folder(run, trial.number) for trial in trials[:1])]  # of a trial, with a metric's label
    return "max" if larger_is_better(monitor_of(run), configs) else "min"


def trial_folder(run: Run, number: int) -> Run:
    """Return the directory of a trial, numbered from 1, as a run."""
    return Run(run.path / "trials" / f"{number:04d}")


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return the shortest end of each dotted name that no other has: `learning_rate`, `optimizer[2].beta_1`."""
    found = {}
    for name in names:
        parts = name.split(".")
        ends = [".".join(parts[start:]) for start in range(len(parts) - 1, -1, -1)]
        others = [other for other in names if other != name]
        found[name] = next((end for end in ends if not any(_ends(other, end) for other in others)), name)
    return found


def _ends(name: str, end: str) -> bool:
    return name == end or name.endswith(f".{end}")
