"""Verifies the files of a search: its log of trials, and what completed trials left in their folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dlpy.core.errors import RunError
from dlpy.runs.directory import Run
from dlpy.runs.history import read_history
from dlpy.runs.predictions import read_fold
from dlpy.runs.results import outputs_of
from dlpy.runs.trials import Trial, read_trials

_OF_SEARCH = ("trials.jsonl", "summary.json", "splits.npz", "best.yaml")


def damages_of_search(run: Run, status: str) -> Iterator[str]:
    """Yield a line for each missing or damaged file of a search."""
    if status == "completed":
        yield from (f"{run.path / name} is missing" for name in _OF_SEARCH if not (run.path / name).exists())
    try:
        trials, outputs = read_trials(run), outputs_of(run)
        summarized = (run.summary().search or {}).get("trials", 0)
    except RunError as error:
        yield str(error).rstrip(".")
        return
    if len(trials) < summarized:
        yield f"{run.path / 'trials.jsonl'} has {len(trials)} of the {summarized} trials of summary.json"
    for trial in trials:
        if trial.status == "completed":
            yield from _damages_of_trial(run.path / "trials" / f"{trial.number:04d}", trial, list(outputs))


def _damages_of_trial(folder: Path, trial: Trial, outputs: list[str]) -> Iterator[str]:
    results = sorted(folder.rglob("result.json"))
    if not results:
        yield f"{folder / 'result.json'} is missing"
    for result in results:
        try:
            history = read_history(result.with_name("metrics.csv"), whole=True)
            if (0 if history is None else len(history.epochs)) < trial.epochs:
                yield f"{result.with_name('metrics.csv')} lacks epochs that are in trials.jsonl"
            if result.with_name("predictions.npz").exists():
                read_fold(result.with_name("predictions.npz"), outputs)
        except RunError as error:
            yield str(error).rstrip(".")
