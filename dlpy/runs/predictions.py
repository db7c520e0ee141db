"""Reads the predictions and splits of a run and of its folds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.captions import caption
from dlpy.core.errors import RunError
from dlpy.data.task import Output
from dlpy.runs.arrays import Arrays, classes, is_moderate, moderate, numbers, parsed, positions, values
from dlpy.runs.stored_forecasts import of_forecast
from dlpy.storage.npz import ArraysError, least_and_most, shapes_of

Targets = dict[str, np.ndarray]  # by output

BY_ROW = ("target", "index", "time", "group", "baseline", "origin", "series")  # what a stored row has
PARTS = {"validation": "validation rows", "test": "test rows", "out_of_fold": "out-of-fold rows"}
_TIMES = (-62_135_596_800_000_000, 253_402_300_800_000_000)  # of the years 1 to 9999, in microseconds since 1970


@dataclass(frozen=True)
class Stored:
    """Targets and predictions of one split in predictions.npz, in the target's original unit.

    target: (rows,) class numbers, or (rows, units) values. prediction: (rows, units).
    index: (rows,) positions in the source. baseline: (rows, units), for windows of a series. origin: (rows,) the
    position after the last one that a window of a series holds. series: (rows,) the names of the windows' series.
    time: (rows,) datetime64, if there are time stamps. group: (rows,), numbers of the groups that were kept together.
    """

    part: str
    target: np.ndarray
    prediction: np.ndarray
    index: np.ndarray
    baseline: np.ndarray | None = None
    time: np.ndarray | None = None
    group: np.ndarray | None = None
    seasonal: np.ndarray | None = None  # (rows, units), the forecasts of the same time of an earlier period
    quantiles: np.ndarray | None = None  # (rows, units, quantiles), as the output lists them
    drawn: np.ndarray | None = None  # (few,) positions among the rows, of windows whose past is stored
    history: np.ndarray | None = None  # (few, length), the target before these windows' first steps ahead
    drawn_series: np.ndarray | None = None  # (few,) names of the series of these windows, if there are several
    origin: np.ndarray | None = None
    series: np.ndarray | None = None
    output: str = ""  # of several, the name of this one
    of: Output | None = None

    @property
    def key(self) -> str:
        """The name of the part and, of several outputs, of this one, as files are named."""
        return key_of(self.part, self.output)

    @property
    def heading(self) -> str:
        """The output's and the split's name in plot titles."""
        return heading_of(self.part, self.output)


def joined(parts: Sequence[Stored]) -> Stored:
    """Return the rows of several parts, one after the other, with what all of them have."""
    every = {name: [getattr(part, name) for part in parts] for name in (*BY_ROW, "prediction", "quantiles")}
    whole: dict[str, Any] = {
        name: None if any(one is None for one in own) else np.concatenate(own) for name, own in every.items()
    }
    return replace(parts[0], **whole)


def key_of(part: str, output: str) -> str:
    """Return the name of a part and an output as files are named; the empty output is the only one."""
    return f"{part}-{output}" if output else part


def heading_of(part: str, output: str) -> str:
    """Return the name of an output and a part in plot titles; the empty output is the only one."""
    return f"{caption(output, 24)}, {PARTS[part]}" if output else PARTS[part]


def read_predictions(path: Path, outputs: Mapping[str, Output] | None) -> list[Stored]:
    """Return the splits in predictions.npz that have rows, those of each output in turn.

    Args:
        path: the file.
        outputs: of the run's task; None if it is unknown.

    Raises:
        RunError: the file is damaged, or is of another task.
    """

    named = {"": next(iter(outputs.values()), None)} if outputs and len(outputs) == 1 else outputs or {"": None}

    def parse(arrays: Arrays) -> list[Stored]:
        found = []
        for part in PARTS:
            for name, output in named.items():
                own = _within(arrays, f"{key_of(part, name)}.")
                if own:
                    found.append(replace(_stored(part, own, output), output=name, of=output))
        return [stored for stored in found if len(stored.target)]

    return parsed(path, parse) or []


@dataclass(frozen=True)
class StoredSeries:
    """Some rows of series whose time steps have classes: (rows, steps, columns), and the numbers of these rows."""

    values: np.ndarray
    rows: np.ndarray


def read_series(path: Path, key: str) -> StoredSeries | None:
    """Return the series that are stored beside the predictions of a part; None where there are none.

    Raises:
        RunError: the file is damaged.
    """

    def parse(arrays: Arrays) -> StoredSeries | None:
        own = _within(arrays, f"{key}.")
        if "series" not in own:
            return None
        rows = positions(own, "series_rows")
        found = moderate(own, "series", 3)
        if len(found) != len(rows) or not len(rows):
            raise ArraysError(f"'series' has {len(found)} rows, and 'series_rows' {len(rows)}")
        return StoredSeries(found, rows)

    return parsed(path, parse)


def read_fold(path: Path, outputs: Collection[str]) -> tuple[np.ndarray, Targets, Targets]:
    """Return the rows of a fold, and the targets and predictions of each output.

    Raises:
        RunError: the file is damaged or missing.
    """

    def parse(arrays: Arrays) -> tuple[np.ndarray, Targets, Targets]:
        rows = positions(arrays, "rows")
        targets, predictions = {}, {}
        for name in outputs:
            own = _within(arrays, f"{name}.") if len(outputs) > 1 else arrays
            targets[name], predictions[name] = _of_fold(own, len(rows))
        return rows, targets, predictions

    found = parsed(path, parse)
    if found is None:
        raise RunError(f"{path} is missing.")
    return found


def read_fold_quantiles(path: Path, outputs: Mapping[str, Output]) -> dict[str, np.ndarray]:
    """Return the quantiles that a fold predicts of each output that has any: (rows, numbers x quantiles).

    Raises:
        RunError: the file is damaged.
    """

    def parse(arrays: Arrays) -> dict[str, np.ndarray]:
        rows, found = len(positions(arrays, "rows")), {}
        for name, output in outputs.items():
            own = _within(arrays, f"{name}.") if len(outputs) > 1 else arrays
            if output.quantiles:
                found[name] = values(own, "quantiles", rows)
        return found

    return parsed(path, parse) or {}


def _of_fold(arrays: Arrays, rows: int) -> tuple[np.ndarray, np.ndarray]:
    target, prediction = (numbers(arrays, name, rows) for name in ("target", "prediction"))
    if not rows or prediction.ndim != 2 or target.ndim > 2 or np.isinf(target).any():
        raise ArraysError(f"its arrays have shapes {target.shape} and {prediction.shape}")
    return target, prediction


def read_splits(path: Path) -> Arrays:
    """Return the row positions of each split.

    Raises:
        RunError: the file is damaged.
    """
    return parsed(path, lambda arrays: {name: positions(arrays, name) for name in arrays}) or {}


def split_span(path: Path, name: str) -> tuple[int, int] | None:
    """Return the first and the last position of a split; None if there is none, or it is empty.

    Raises:
        RunError: the file is damaged.
    """
    try:
        return least_and_most(path, name) if path.is_file() and name in shapes_of(path) else None
    except (OSError, ArraysError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None


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
        guesses = {name: _guess(arrays, name, prediction.shape) for name in ("baseline", "seasonal") if name in arrays}
        time = _times(arrays, rows) if "time" in arrays else None
        stored = Stored(part, target, prediction, index, time=time, group=_groups(arrays, rows))
        stored = replace(stored, **guesses)
        return replace(stored, **of_forecast(arrays, prediction.shape, output))
    except ArraysError as error:
        raise ArraysError(f"{part} rows: {error}") from None


def _guess(arrays: Arrays, name: str, shape: tuple[int, ...]) -> np.ndarray:
    found = values(arrays, name, shape[0])
    if found.shape != shape:
        raise ArraysError(f"its {name} has shape {found.shape}")
    return found


def _groups(arrays: Arrays, rows: int) -> np.ndarray | None:
    """Return the group of each row; None if there are no groups, as in runs of earlier versions."""
    if "group" not in arrays:
        return None
    found = positions(arrays, "group")
    if len(found) != rows:
        raise ArraysError(f"'group' has {len(found)} rows")
    return found


def _times(arrays: Arrays, rows: int) -> np.ndarray:
    found = numbers(arrays, "time", rows)
    if found.dtype.kind != "i" or found.ndim != 1 or not ((found >= _TIMES[0]) & (found < _TIMES[1])).all():
        raise ArraysError("'time' does not hold times")
    return found.astype("datetime64[us]")
