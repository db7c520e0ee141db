"""What trackers receive of a run, read from its directory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.experiment.document import read
from dlpy.runs.directory import Run
from dlpy.runs.history import History, fold_histories, mean_history, read_history, seed_histories

_PATTERNS = (
    "config.yaml", "search.yaml", "best.yaml", "*.py", "run.json", "metrics.csv", "trials.jsonl", "summary.json",
    "evaluation.json", "classes-*.csv", "plots/*.png", "samples/*.png", "report.html",
)  # fmt: skip


@dataclass(frozen=True)
class Epoch:
    """The scores after an epoch.

    number: from 1. milliseconds: since 1970, when it ended. scores: by name, without the undefined ones.
    """

    number: int
    milliseconds: int
    scores: dict[str, float]


def parameters_of(run: Run) -> dict[str, str]:
    """Return the options of a run's experiment by dotted key, such as training.epochs, as YAML writes them."""
    values = read(run.config).values if run.config.is_file() else {}
    return dict(_flat(values, ""))


def _flat(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield each option; a list of plain values is one of them, items of other lists are numbered from 1."""
    dot = f"{key}." if key else ""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{dot}{name}")
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for number, inner in enumerate(value, 1):
            yield from _flat(inner, f"{dot}{number}")
    else:
        yield key, _text(value)


def _text(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


def started(run: Run) -> int:
    """Return when a run started, in milliseconds since 1970."""
    try:
        moment = datetime.fromisoformat(str(run.read("run.json").get("started")))
    except ValueError:  # a run of an earlier version
        return int(run.path.stat().st_mtime * 1000)
    return int(moment.timestamp() * 1000)


def ended(run: Run) -> int:
    """Return when a run ended, in milliseconds since 1970: after its last epoch, or after the seconds it took."""
    last = max((epoch.milliseconds for epoch in epochs_of(run, 0)), default=0)
    return max(last, started(run) + int(1000 * (run.record().seconds or 0)))


def epochs_of(run: Run, after: int) -> list[Epoch]:
    """Return the epochs behind the first `after` ones; of a run of folds or seeds, the means over these."""
    history = _history(run)
    if history is None:
        return []
    begin, seconds = started(run), history.seconds
    return [
        Epoch(int(number), begin + int(1000 * seconds[at]) if len(seconds) else begin, _scores(history, at))
        for at, number in enumerate(history.epochs)
        if number > after
    ]


def _history(run: Run) -> History | None:
    own = read_history(run.metrics)
    parts = [] if own is not None else fold_histories(run) or seed_histories(run)
    return mean_history(parts) if parts else own


def _scores(history: History, at: int) -> dict[str, float]:
    found = {name: float(curve[at]) for name, curve in history.curves.items()}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def final_scores(run: Run) -> dict[str, float]:
    """Return the scores of the best epoch as `best.<score>`, means over folds or seeds, and evaluated parts.

    Scores of validation and test rows after `dlpy evaluate` are called `evaluation.<part>.<score>`.
    """
    summary, found = run.summary(), {}
    scores = summary.mean or ({} if summary.best is None else summary.best.scores)
    found |= {f"best.{name}": value for name, value in scores.items()}
    for part, evaluation in run.evaluation().items():
        found |= {f"evaluation.{part}.{name}": value for name, value in evaluation.scores.items()}
    return {name: float(value) for name, value in found.items() if value is not None and np.isfinite(value)}


def files_of(run: Run) -> dict[str, Path]:
    """Return the files that show a run, by their names in its directory: no data files, predictions or checkpoints."""
    paths = sorted(path for pattern in _PATTERNS for path in run.path.glob(pattern) if path.is_file())
    return {str(path.relative_to(run.path)): path for path in paths}
