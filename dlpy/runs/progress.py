"""How far a run has come, read from its directory while another process trains it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, RunError
from dlpy.experiment.document import read
from dlpy.runs.directory import KFOLD, SEARCH_KIND, SEEDS, Run
from dlpy.runs.history import History, read_history
from dlpy.runs.lock import status_of
from dlpy.runs.lookup import fold_runs, seed_runs
from dlpy.runs.record import Record
from dlpy.runs.score_direction import larger_is_better
from dlpy.runs.searches import how_searched, search_file
from dlpy.runs.trials import best_trial, read_trials

_RECENT = 5  # epochs whose mean time is expected of the next ones
_SHOWN = 3  # scores


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    done, total: finished epochs, folds, seeds or trials, whichever `unit` says; total is None where it is unknown.
    last: the scores after the last epoch. best: the best value of the score `monitor` so far, None where none is
    monitored. seconds: of training so far. left: seconds that the rest will take at the present pace, None if unknown.
    """

    id: str
    status: str
    unit: str = "epochs"
    done: int = 0
    total: int | None = None
    last: dict[str, float] = field(default_factory=dict)
    monitor: str = ""
    best: float | None = None
    seconds: float | None = None
    left: float | None = None


def progress_of(run: Run) -> Progress:
    """Return how far a run has come; of a damaged one only that it is damaged."""
    try:
        record = run.record()
        found = _counted(run, record)
    except (RunError, ConfigError, OSError):
        return Progress(run.id, "damaged")
    if found.status == "running":
        return found
    return replace(found, left=None, seconds=record.seconds if record.seconds is not None else found.seconds)


def _counted(run: Run, record: Record) -> Progress:
    status = status_of(run, record)
    if record.kind == SEARCH_KIND:
        return _of_search(run, status)
    values = read(run.config).values if run.config.is_file() else {}
    if record.kind in (KFOLD, SEEDS):
        return _of_parts(run, record, status, values)
    return _of_training(run, status, values)


def _of_training(run: Run, status: str, values: dict[str, Any]) -> Progress:
    history, total = read_history(run.metrics), _epochs(values)
    if history is None:
        return Progress(run.id, status, total=total)
    done, monitor = len(history.epochs), _monitor(history, values)
    return Progress(
        run.id, status, f"{history.counted}s", done, total, _last(history, monitor), monitor,
        _best(history, monitor, run), float(history.seconds[-1]), _left(history, total, run.metrics),
    )  # fmt: skip


def _epochs(values: dict[str, Any]) -> int | None:
    """Return the number of epochs of an experiment, which is that of all its phases."""
    training = _block(values, "training")
    phases = _blocks(training, "phases") or [training]
    counts = [count for phase in phases if isinstance(count := phase.get("epochs"), int)]
    return sum(counts) if len(counts) == len(phases) else None


def _block(values: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a block of a config.yaml, which may be someone else's; an empty one if it is none."""
    return found if isinstance(found := values.get(key), dict) else {}


def _blocks(values: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = values.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _monitor(history: History, values: dict[str, Any]) -> str:
    """Return the score that decides which epoch is best; empty where the last one is."""
    named = [item.get("monitor") for item in _blocks(values, "callbacks") if item.get("name") == "checkpoint"]
    monitor = next((name for name in named if isinstance(name, str)), "val_loss")
    return monitor if monitor in history.curves else ""


def _last(history: History, monitor: str) -> dict[str, float]:
    """Return the last value of the monitored score and of some others, those of validation rows first."""
    names = [name for name in history.curves if name != "learning_rate" and not name.endswith("data_loss")]
    names.sort(key=lambda name: (name != monitor, not name.startswith("val_")))
    held_out = [name for name in names if name.startswith("val_")]
    return {name: float(history.curves[name][-1]) for name in (held_out or names)[:_SHOWN]}


def _best(history: History, monitor: str, run: Run) -> float | None:
    curve = history.curves.get(monitor, np.empty(0))
    defined = curve[np.isfinite(curve)]
    if not len(defined):
        return None
    return float(defined.max() if larger_is_better(monitor, [run]) else defined.min())


def _left(history: History, total: int | None, metrics: Path) -> float | None:
    """Return the seconds that are left if the next epochs take as long as the last ones; all epochs are expected."""
    if total is None:
        return None
    ends = np.concatenate([[0.0], history.seconds])[-_RECENT - 1 :]
    each = float(np.diff(ends).mean())
    since = time.time() - metrics.stat().st_mtime
    return max(0.0, (total - len(history.epochs)) * each - min(since, each))


def _of_parts(run: Run, record: Record, status: str, values: dict[str, Any]) -> Progress:
    """Return the progress of folds or seeds: how many are done, and how the latest one goes."""
    parts = fold_runs(run) if record.kind == KFOLD else seed_runs(run)
    finished = [part for part in parts if _is_done(part)]
    latest = [_of_training(part, status, values) for part in parts if part not in finished]
    shown = next(reversed(latest or [_of_training(part, status, values) for part in parts[-1:]]), None)
    total = record.seeds.count if record.seeds else _folds(values)
    all_parts = [*latest, *(_of_training(part, status, values) for part in finished)]
    found = Progress(run.id, status, record.kind if record.kind == SEEDS else "folds", len(finished), total)
    if shown is None:
        return found
    seconds = sum(part.seconds or 0.0 for part in all_parts)
    left = _left_of_parts(latest, len(finished), total, seconds)
    return replace(found, last=shown.last, monitor=shown.monitor, best=shown.best, seconds=seconds, left=left)


def _is_done(part: Run) -> bool:
    record = part.read("run.json")
    return (part.path / "fold.json").is_file() or record.get("status") == "completed"


def _folds(values: dict[str, Any]) -> int | None:
    kfold = _block(values, "kfold")
    folds, repeats = kfold.get("folds"), kfold.get("repeats", 1)
    return folds * repeats if isinstance(folds, int) and isinstance(repeats, int) else None


def _left_of_parts(latest: Sequence[Progress], finished: int, total: int | None, seconds: float) -> float | None:
    """Return the seconds that are left if each part takes as long, and as many are trained at a time as now."""
    if not total or not seconds:
        return None
    share = (finished + sum(part.done / part.total for part in latest if part.total)) / total
    return seconds * (1 - share) / share / max(1, len(latest)) if share > 0 else None


def _of_search(run: Run, status: str) -> Progress:
    """Return the progress of a search: its trials, and the score of the best."""
    trials, how = read_trials(run), how_searched(run)
    asked = _block(search_file(run).values, "search").get("trials")
    total = asked if isinstance(asked, int) else None
    best, seconds = best_trial(trials, how.direction), sum(trial.seconds for trial in trials)
    found = Progress(run.id, status, "trials", len(trials), total, monitor=how.monitor, seconds=seconds)
    if best is None:
        return found
    last = {} if trials[-1].score is None else {how.monitor: trials[-1].score}
    at_once = max(how.workers, 1)
    left = None if total is None else seconds / len(trials) * (total - len(trials)) / at_once
    return replace(found, last=last, best=best.score, left=left)
