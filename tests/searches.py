"""Search directories written by hand: trials with given options, scores, curves and stored predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial, append_trial

_EXPERIMENT = """data: {name: blobs}
model: {name: dense, units: {search: {choices: [[8], [16], [16, 16]]}}}
training:
  optimizer: {name: adam, learning_rate: {search: [1.0e-4, 1.0e-1], scale: log}}
search: {monitor: MONITOR}
"""
CLASSES = {"kind": "binary", "units": 1, "classes": ["no", "yes"], "one_hot": False}
NUMBERS = {"kind": "regression", "units": 1, "classes": [], "one_hot": False}


def make_search(
    folder: Path,
    trials: Sequence[Trial],
    *,
    monitor: str = "val_accuracy",
    outputs: Mapping[str, Any] | None = None,
    yaml: str = _EXPERIMENT,
    name: str = "20260101-120000-toy",
) -> Run:
    """Return a search directory with these trials in its log, without predictions."""
    run = Run(folder / name)
    run.path.mkdir(parents=True)
    task = {"inputs": {"input": {}}, "outputs": dict(outputs or {"target": CLASSES})}
    content = {"id": name, "kind": "search", "status": "completed", "smoke": False, "raw_task": task, "task": task}
    content["data"] = {"source": "file", "description": "toy.npz", "sha256": ""}
    larger = monitor.endswith(("accuracy", "auc"))
    content["search"] = {"monitor": monitor, "direction": "max" if larger else "min"}
    (run.path / "run.json").write_text(json.dumps(content))
    (run.path / "search.yaml").write_text(yaml.replace("MONITOR", monitor))
    for trial in trials:
        append_trial(run, trial)
    return run


def store(run: Run, number: int, predictions: Mapping[str, tuple[Any, Any, Any]], training: str = "{}") -> None:
    """Store the rows, targets and predictions of a trial by folder: `""`, or "folds/01" and so on."""
    path = run.path / "trials" / f"{number:04d}"
    for folder, (rows, target, prediction) in predictions.items():
        (path / folder).mkdir(parents=True, exist_ok=True)
        arrays = {"rows": np.asarray(rows), "target": np.asarray(target), "prediction": np.asarray(prediction)}
        np.savez(path / folder / "predictions.npz", **arrays)
    (path / "config.yaml").write_text(f"training: {training}\n")


def trial(number: int, score: float | None, **changes: Any) -> Trial:
    """Return a completed trial, with an option and a flat curve of three epochs, or with changes."""
    monitor = changes.pop("monitor", "val_accuracy")
    shown = changes.pop("shown", {"training.optimizer.learning_rate": 0.001 * number})
    point = {name: 0 if isinstance(value, str) else value for name, value in shown.items()}
    known = {"number": number, "point": point, "shown": shown, "status": "completed", "score": score, "epoch": 2}
    known |= {"epochs": 3, "scores": {monitor: score}, "curve": [] if score is None else [score] * 3, "seconds": 0.5}
    return Trial(**(known | changes))
