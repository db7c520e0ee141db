"""The range of each numeric column in the training rows, before any transform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.data.features import Features, Table, Windows
from dlpy.data.rows import Rows
from dlpy.data.tables.calendar import shown
from dlpy.data.tables.stored_table import StoredTable
from dlpy.data.task import Input, State, Task
from dlpy.data.unfamiliar import Unfamiliar, counted

_NAMES, _LEAST, _MOST, _DATES = "range.names", "range.least", "range.most", "range.dates"


@dataclass(frozen=True)
class TrainingRanges:
    """The ranges of the numeric columns in training.

    least, most: (columns,) float64, NaN for a column without numbers.
    dates: the columns of dates, in seconds since 1970.
    """

    names: tuple[str, ...]
    least: np.ndarray
    most: np.ndarray
    dates: tuple[str, ...] = ()

    @classmethod
    def of(cls, rows: Rows, task: Task) -> TrainingRanges | None:
        """Return the ranges of the training rows, or None if they are not numbers or are images."""
        found = _ends(rows)
        if found is None:
            return None
        least, most = found
        tables = [x for x in rows.inputs.values() if isinstance(x, Table | StoredTable)]
        dates = tuple(name for x in tables for name in x.date_names)
        return cls(_names(rows, task, len(least)), least, most, dates)

    def unfamiliar(self, rows: Rows) -> list[Unfamiliar]:
        """Return the columns with numbers outside the training range by more than its width."""
        found = _extremes(rows)
        if found is None or found[0].shape[1] != len(self.least):
            return []
        with np.errstate(over="ignore", invalid="ignore"):  # other checks report numbers that are not finite
            width = self.most - self.least
            low, high = found[0] < self.least - width, found[1] > self.most + width
        outside = low | high
        return [
            self._column(i, outside[:, i], np.where(low[:, i], found[0][:, i], found[1][:, i])[outside[:, i]])
            for i in np.flatnonzero(outside.any(axis=0)).tolist()
        ]

    def _column(self, column: int, outside: np.ndarray, numbers: np.ndarray) -> Unfamiliar:
        is_date = self.names[column] in self.dates
        ends = [self.least[column], self.most[column]]
        low, high, *values = (shown(one) if is_date else f"{one:.6g}" for one in (*ends, *numbers))
        known, examples = f"training rows: {low} to {high}", counted(values)
        return Unfamiliar(
            self.names[column], "far outside the training range", len(numbers), len(outside), examples, known
        )

    def arrays(self) -> State:
        """Return the ranges as arrays for an npz file."""
        dates = {_DATES: np.array(self.dates, np.str_)} if self.dates else {}
        return {_NAMES: np.array(self.names, np.str_), _LEAST: self.least, _MOST: self.most, **dates}

    @classmethod
    def taken_from(cls, arrays: State) -> TrainingRanges | None:
        """Remove the ranges from the arrays of an npz file and return them; None for an older file without ranges.

        Raises:
            ValueError, KeyError: the ranges are damaged.
        """
        if _NAMES not in arrays:
            return None
        names, least, most = arrays.pop(_NAMES), arrays.pop(_LEAST), arrays.pop(_MOST)
        dates = arrays.pop(_DATES, np.empty(0, np.str_))
        kinds = names.dtype.kind + least.dtype.kind + most.dtype.kind + dates.dtype.kind
        if kinds != "UffU" or not (names.shape == least.shape == most.shape) or names.ndim != 1:
            raise ValueError(f"its ranges have the shapes {names.shape}, {least.shape} and {most.shape}")
        return cls(tuple(names.tolist()), least, most, tuple(dates.reshape(-1).tolist()))


def _ends(rows: Rows) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the minimum and the maximum of each column, (columns,) float64 each; None without numbers."""
    if any(isinstance(x, StoredTable) for x in rows.inputs.values()):
        every = [_ends_in_pieces(x) for x in rows.inputs.values() if isinstance(x, StoredTable)]
        return np.concatenate([low for low, _ in every]), np.concatenate([high for _, high in every])
    if len(rows.inputs) == 1 and isinstance(rows.x, Windows):
        ends = [(np.fmin.reduce(one), np.fmax.reduce(one)) for _, one in rows.x.blocks() if len(one)]
        found = tuple(map(np.stack, zip(*ends, strict=True))) if ends else None
    else:
        found = _extremes(rows)
    if found is None or len(found[0]) == 0:
        return None
    low, high = found
    return np.asarray(np.fmin.reduce(low), np.float64), np.asarray(np.fmax.reduce(high), np.float64)


def _ends_in_pieces(table: StoredTable) -> tuple[np.ndarray, np.ndarray]:
    every = [(np.fmin.reduce(one.numeric), np.fmax.reduce(one.numeric)) for _, one in table.blocks()]
    low, high = zip(*every, strict=True)
    return np.fmin.reduce(low), np.fmax.reduce(high)


def _extremes(rows: Rows) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the minimum and the maximum of each row and column, (rows, columns) each; None without numbers.

    Columns are those of all inputs, in order.
    """
    every = [_of_input(x) for x in rows.inputs.values()]
    found = [ends for ends in every if ends is not None]
    if len(found) < 2:
        return found[0] if found else None
    low, high = (np.concatenate(ends, axis=1) for ends in zip(*found, strict=True))
    return low, high


def _of_input(x: Features) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the minimum and the maximum of each row and column of an input; None without numbers.

    Rows with several axes count as one column, image bytes as none. In windows, each time step counts once.
    """
    if isinstance(x, Table):
        return x.numeric, x.numeric
    if isinstance(x, Windows):
        series = x.series[slice(*x.span)][x.covered()]
        return series, series
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "iuf" or x.dtype == np.uint8:
        return None
    flat = x.reshape(len(x), -1)
    if x.ndim <= 2:
        return flat, flat
    if flat.size == 0:
        return None
    # NaN follows the end of a series
    return np.fmin.reduce(flat, axis=1, keepdims=True), np.fmax.reduce(flat, axis=1, keepdims=True)


def _names(rows: Rows, task: Task, count: int) -> tuple[str, ...]:
    several = len(rows.inputs) > 1
    names: list[str] = []
    for name, x in rows.inputs.items():
        if isinstance(x, StoredTable):
            names += x.numeric_names
            continue
        width = x.series.shape[1] if isinstance(x, Windows) else None
        if width is None and (ends := _of_input(x)) is not None:
            width = ends[0].shape[1]
        if width is not None:
            names += _columns(x, task.inputs[name], width, f"{name}: " if several else "")
    return tuple(names) if len(names) == count else tuple(f"column {number}" for number in range(count))


def _columns(x: Features, given: Input, count: int, before: str) -> list[str]:
    if isinstance(x, Table):
        return list(x.numeric_names)
    if len(given.columns) == count:
        return list(given.columns)
    if isinstance(x, np.ndarray) and x.ndim > 2:
        return [before.removesuffix(": ") or "input"]
    return [f"{before}column {number}" for number in range(count)]
