"""Reads the predictions and splits of a run and of its folds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import RunError
from dlpy.data.task import Output
from dlpy.runs.arrays import Arrays, classes, is_moderate, numbers, parsed, positions, values
from dlpy.storage.npz import ArraysError

PARTS = {"validation": "validation rows", "test": "test rows", "out_of_fold": "out-of-fold rows"}
_TIMES = (-62_135_596_800_000_000, 253_402_300_800_000_000)  # of the years 1 to 9999, in microseconds since 1970


@dataclass(frozen=True)
class Stored:
    """Targets and predictions of one split in predictions.npz, in the target's original unit.

    target: (rows,) class numbers, or (rows, units) values. prediction: (rows, units).
    index: (rows,) positions in the source. baseline: (rows, units), for windows of a series.
    time: (rows,) datetime64, if there are time stamps.
    """

    part: str
    target: np.ndarray
    prediction: np.ndarray
    index: np.ndarray
    baseline: np.ndarray | None = None
    time: np.ndarray | None = None


def read_predictions(path: Path, output: Output | None) -> list[Stored]:
    """Return the splits in predictions.npz that have rows.

    Raises:
        RunError: the file is damaged, or is of another task.
    """

    def parse(arrays: Arrays) -> list[Stored]:
        parts = [part for part in PARTS if any(name.startswith(f"{part}.") for name in arrays)]
        found = [_stored(part, _within(arrays, f"{part}."), output) for part in parts]
        return [stored for stored in found if len(stored.target)]

    return parsed(path, parse) or []


def read_fold(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows, targets and predictions of a fold.

    Raises:
        RunError: the file is damaged or missing.
    """

    def parse(arrays: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = positions(arrays, "rows")
        target, prediction = (numbers(arrays, name, len(rows)) for name in ("target", "prediction"))
        if not len(rows) or prediction.ndim != 2 or target.ndim > 2 or not np.isfinite(target).all():
            raise ArraysError(f"its arrays have shapes {target.shape} and {prediction.shape}")
        return rows, target, prediction

    found = parsed(path, parse)
    if found is None:
        raise RunError(f"{path} is missing.")
    return found


def read_splits(path: Path) -> Arrays:
    """Return the row positions of each split.

    Raises:
        RunError: the file is damaged.
    """
    return parsed(path, lambda arrays: {name: positions(arrays, name) for name in arrays}) or {}


def _within(arrays: Arrays, prefix: str) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _stored(part: str, arrays: Arrays, output: Output | None) -> Stored:
    try:
        index = positions(arrays, "index")
        rows = len(index)
        if output is not None and output.has_classes:
            target, prediction = classes(arrays, rows, output)
        else:
            target, prediction = numbers(arrays, "target", rows), values(arrays, "prediction", rows)
            alike = output is None or target.size == prediction.size
            if not is_moderate(target) or target.ndim > 2 or not alike:
                raise ArraysError(f"its targets and predictions have shapes {target.shape} and {prediction.shape}")
        baseline = values(arrays, "baseline", rows) if "baseline" in arrays else None
        if baseline is not None and baseline.shape != prediction.shape:
            raise ArraysError(f"its baseline has shape {baseline.shape}")
        return Stored(part, target, prediction, index, baseline, _times(arrays, rows) if "time" in arrays else None)
    except ArraysError as error:
        raise ArraysError(f"{part} rows: {error}") from None


def _times(arrays: Arrays, rows: int) -> np.ndarray:
    found = numbers(arrays, "time", rows)
    if found.dtype.kind != "i" or found.ndim != 1 or not ((found >= _TIMES[0]) & (found < _TIMES[1])).all():
        raise ArraysError("'time' does not hold times")
    return found.astype("datetime64[us]")
