"""Means and standard deviations of series: of one, or of each of several by its own training rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from weakref import ref

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Windows
from dlpy.data.rows import SERIES_OFFSET, SERIES_SCALE, Rows
from dlpy.data.stored.mapped_rows import changed, gathered
from dlpy.data.task import State

_made: list[tuple[ref[np.ndarray], ref[np.ndarray], ref[np.ndarray]]] = []  # the last series, its mean and the result


def moments(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation of each column; of a constant one, its number and 1."""
    least = np.asarray(np.nanmin(numbers, axis=0), np.float64)
    is_constant = least == np.nanmax(numbers, axis=0)  # rounding gives 1,000 times 0.1 a deviation above 0
    mean = np.asarray(np.nanmean(numbers, axis=0, dtype=np.float64))
    deviation = np.asarray(np.nanstd(numbers, axis=0, dtype=np.float64))
    return np.where(is_constant, least, mean), np.where(is_constant, 1.0, deviation)


def moments_of_blocks(blocks: Callable[[], Iterator[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the moments of the columns of rows that come in blocks, to the bit those of all rows at once.

    NumPy adds up the rows of several columns one after the other, so that a sum can be continued block by block. A
    single column it adds up pairwise: it is read as a whole.

    Args:
        blocks: yields the rows each time it is called, (rows, columns) float64.
    """
    first, *more = itertools.islice(blocks(), 2)
    if not more:
        return moments(first)
    if first.shape[1] == 1:
        return moments(np.concatenate([*blocks()]))
    counts = np.sum([np.sum(~np.isnan(numbers), axis=0) for numbers in blocks()], axis=0)
    mean = _sum(np.nan_to_num(numbers, nan=0.0, posinf=np.inf, neginf=-np.inf) for numbers in blocks()) / counts
    squares = (np.where(np.isnan(numbers), 0.0, np.square(numbers - mean)) for numbers in blocks())
    deviation = np.sqrt(_sum(squares) / counts)
    least, most = (
        reduce.reduce([reduce.reduce(numbers, axis=0) for numbers in blocks()]) for reduce in (np.fmin, np.fmax)
    )
    return np.where(least == most, least, mean), np.where(least == most, 1.0, deviation)


def _sum(blocks: Iterable[np.ndarray]) -> np.ndarray:
    """Return the sum over the rows of all blocks, as NumPy adds up those of one array."""
    total = None
    for block in blocks:
        rows = block if total is None else np.concatenate([total[None], block])
        total = np.sum(rows, axis=0)
    return np.zeros(0) if total is None else total


def fit_series(windows: Windows, y: np.ndarray | None) -> State:
    """Return the moments of the columns, (columns,), and of the target unless there are several: (2,)."""
    mean, deviation = moments_of_blocks(lambda: (block for _, block in windows.blocks()))
    if y is None:  # several targets have transforms of their own
        return {"mean": mean, "deviation": deviation}
    target = windows.target
    of_target = moments(y.reshape(-1)) if target is None else (mean[target], deviation[target])
    return {"mean": mean, "deviation": deviation, "target": np.array(of_target)}


def fit_by_series(windows: Windows, y: np.ndarray) -> State:
    """Return the moments of each series: of the columns (series, columns), of the target (series, 2), and the names."""
    numbers, found = windows.series_numbers, []
    for own in windows.rows_of_each(numbers):
        found.append(fit_series(windows.take(own), gathered(y, own)))
    names = np.array(windows.ids)[numbers]
    return {"series": names, **{key: np.stack([state[key] for state in found]) for key in found[0]}}


def apply_by_series(rows: Rows, state: State) -> Rows:
    """Return windows with each series on its own scale, which two columns of the rows keep.

    Raises:
        DataError: a series has no training rows.
    """
    windows = rows.x
    if not isinstance(windows, Windows) or windows.owner is None:
        raise TypeError("expected windows of several series")
    known = {name: place for place, name in enumerate(state["series"].tolist())}
    place = np.array([known.get(name, -1) for name in windows.ids])
    unknown = next((number for number in windows.series_numbers.tolist() if place[number] < 0), None)
    if unknown is not None:
        name = windows.ids[unknown]
        raise DataError(f"series '{name}' has no training rows, so that its scale is unknown: leave it out.")
    rows = rows.with_x(replace(windows, series=standardized(windows.series, state, (place, windows.owner))))
    owners, moments_of_target = windows.owners, state["target"].T
    offset, scale = (
        changed(owners, lambda some, own=own: own[place[owners[some]]], owners) for own in moments_of_target
    )
    rows = replace(rows, columns={**rows.columns, SERIES_SCALE: scale, SERIES_OFFSET: offset})
    if not rows.targets:
        return rows
    y, shape = rows.y, (-1, *[1] * (rows.y.ndim - 1))

    def scaled(some: slice) -> np.ndarray:
        return ((y[some] - offset[some].reshape(shape)) / scale[some].reshape(shape)).astype(np.float32)

    return rows.with_y(changed(y, scaled, offset, scale))


def standardized(series: np.ndarray, state: State, owners: tuple[np.ndarray, np.ndarray] | None = None) -> np.ndarray:
    """Return the standardized series as float32; training, validation and test rows share one copy.

    Args:
        series: (times, columns).
        state: with "mean" and "deviation", (columns,), or (series, columns) for several.
        owners: if there are several series, the row of the state of each, -1 for none, and the number of each time's.
    """
    for source, mean, made in _made:
        found = made()
        if source() is series and mean() is state["mean"] and found is not None:
            return found

    def scaled(some: slice) -> np.ndarray:
        rows = slice(None) if owners is None else owners[0][owners[1][some]]
        mean, deviation = (state[key][rows] for key in ("mean", "deviation"))
        with np.errstate(over="ignore"):  # what is too large is refused before the model sees it
            return ((series[some] - mean) / deviation).astype(np.float32)

    found = changed(series, scaled, None if owners is None else owners[1])
    _made[:] = [(ref(series), ref(state["mean"]), ref(found))]
    return found
