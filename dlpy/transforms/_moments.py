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
from dlpy.data.stored.mapped_rows import changed
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
    owners, found = windows.owners, []
    numbers = np.unique(owners)
    for number in numbers.tolist():
        own = np.flatnonzero(owners == number)
        found.append(fit_series(windows.take(own), y[own]))
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
    owners = place[windows.owners]
    if (owners < 0).any():
        name = windows.ids[windows.owners[int(np.argmin(owners))]]
        raise DataError(f"series '{name}' has no training rows, so that its scale is unknown: leave it out.")
    rows = rows.with_x(replace(windows, series=standardized(windows.series, state, place[windows.owner])))
    offset, scale = state["target"][owners].T
    columns = {**rows.columns, SERIES_SCALE: scale, SERIES_OFFSET: offset}
    rows = replace(rows, columns=columns)
    if not rows.targets:
        return rows
    shape = (len(rows), *[1] * (rows.y.ndim - 1))
    return rows.with_y(((rows.y - offset.reshape(shape)) / scale.reshape(shape)).astype(np.float32))


def standardized(series: np.ndarray, state: State, owner: np.ndarray | None = None) -> np.ndarray:
    """Return the standardized series as float32; training, validation and test rows share one copy.

    Args:
        series: (times, columns).
        state: with "mean" and "deviation", (columns,), or (series, columns) for several.
        owner: the row of the state of each time, (times,), if there are several; -1 for none.
    """
    for source, mean, made in _made:
        found = made()
        if source() is series and mean() is state["mean"] and found is not None:
            return found

    def scaled(some: slice) -> np.ndarray:
        mean, deviation = (state[key] if owner is None else state[key][owner[some]] for key in ("mean", "deviation"))
        with np.errstate(over="ignore"):  # what is too large is refused before the model sees it
            return ((series[some] - mean) / deviation).astype(np.float32)

    found = changed(series, scaled)
    _made[:] = [(ref(series), ref(state["mean"]), ref(found))]
    return found
