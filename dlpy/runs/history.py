"""Reads metrics.csv, the scores of a run by epoch, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dlpy.core.errors import RunError
from dlpy.runs.directory import Run
from dlpy.runs.lookup import seed_runs

_COUNTED = {"epoch": "phase", "step": "octave", "iteration": ""}  # unit of a line -> column that groups lines
_MOST_BYTES, _MOST_COLUMNS = 256 << 20, 300
_LARGEST = 1e200  # larger scores are treated as infinite: no plot axis can show them


@dataclass(frozen=True)
class History:
    """The scores of every epoch, from metrics.csv.

    epochs: (epochs,) numbers from 1.
    curves: (epochs,) float64 by column, NaN where the score was undefined or not finite.
    phases: (epochs,) which of training.phases an epoch was in, from 1; empty without phases.
    counted: unit of a line: an epoch of training, or a step or iteration of an image; octaves are phases.
    seconds: (epochs,) since the start.
    """

    epochs: np.ndarray
    curves: dict[str, np.ndarray]
    phases: np.ndarray = field(default_factory=lambda: np.empty(0))
    counted: str = "epoch"
    seconds: np.ndarray = field(default_factory=lambda: np.empty(0))

    def phase_starts(self) -> list[tuple[int, float]]:
        """Return each phase except the first with the boundary where it starts, such as (2, 10.5)."""
        changes = np.flatnonzero(np.diff(self.phases)) + 1
        return [(int(self.phases[at]), float(self.epochs[at]) - 0.5) for at in changes]

    def scores(self) -> list[str]:
        """Return the names of the scores without val_, last the learning rate if it changes."""
        constant = {name for name in ("learning_rate",) if name in self.curves and np.ptp(self.curves[name]) == 0}
        names = (name.removeprefix("val_") for name in self.curves if name not in constant)
        return sorted(dict.fromkeys(names), key=lambda name: name == "learning_rate")


def read_history(path: Path, *, whole: bool = False) -> History | None:
    """Return the scores in a metrics.csv, or None if it has no epoch yet.

    Args:
        path: may be missing.
        whole: whether a truncated last line is damage; otherwise it is ignored, as the run may be writing it.

    Raises:
        RunError: the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"it is larger than {_MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8")
        end = text.rfind("\n") + 1
        if whole and end < len(text):
            raise ValueError("a line is cut off")
        return history_of(text[:end].splitlines())
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None


def history_of(lines: list[str]) -> History | None:
    """Return the scores in the lines of a metrics.csv, or None if there is no epoch yet.

    Raises:
        ValueError: dlpy does not write such lines.
    """
    if not lines:
        return None
    names, *rows = [line.split(",") for line in lines]
    counted = names[0]
    if counted not in _COUNTED or len(set(names)) < len(names):
        raise ValueError("its first line does not name the columns")
    if len(names) > _MOST_COLUMNS:
        raise ValueError(f"it has {len(names):,} columns")
    if any(len(row) != len(names) for row in rows):
        raise ValueError("a line is cut off")
    if not rows:
        return None
    _require_numbered([row[0] for row in rows], counted)
    table = np.array([[cell or "nan" for cell in row] for row in rows], np.float64)
    table[~(np.abs(table) <= _LARGEST)] = np.nan
    columns = dict(zip(names, table.T, strict=True))
    epochs, seconds = columns.pop(counted), columns.pop("seconds", np.zeros(len(rows)))
    phases = columns.pop(_COUNTED[counted], np.empty(0))
    if not columns or np.isnan(phases).any() or (np.abs(phases) > len(rows)).any():
        raise ValueError("a column is not what dlpy writes")
    return History(epochs, phases=phases, curves=columns, counted=counted, seconds=np.nan_to_num(seconds))


def _require_numbered(numbers: list[str], counted: str) -> None:
    first = 0 if counted == "iteration" and numbers[0] == "0" else 1
    if numbers != [str(number) for number in range(first, first + len(numbers))]:
        raise ValueError(f"its lines are not numbered from {first} to {len(numbers) + first - 1}")


def fold_histories(run: Run) -> list[History]:
    """Return the scores of all folds of a k-fold run that have started, in order."""
    found = (read_history(path) for path in sorted(run.path.glob("folds/*/metrics.csv")))
    return [history for history in found if history is not None]


def seed_histories(run: Run) -> list[History]:
    """Return the scores of all seeds of a run that have started, in order."""
    found = (read_history(seed.metrics) for seed in seed_runs(run))
    return [history for history in found if history is not None]


def mean_history(histories: list[History]) -> History:
    """Return the mean scores over folds or seeds, for the epochs and scores that all have."""
    shortest = min((history.epochs for history in histories), key=len)
    shared = [name for name in histories[0].curves if all(name in history.curves for history in histories)]
    stacked = {name: np.stack([history.curves[name][: len(shortest)] for history in histories]) for name in shared}
    return History(shortest, {name: mean_over_folds(curves) for name, curves in stacked.items()})


def mean_over_folds(values: np.ndarray) -> np.ndarray:
    """Return the means of the defined values over the first axis, (folds, ...); NaN where none is defined."""
    defined = np.isfinite(values)
    return np.where(defined, values, 0).sum(axis=0) / np.where(defined.any(axis=0), defined.sum(axis=0), np.nan)
