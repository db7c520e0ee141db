"""Stretches of rows of a series: whole series in a file, gap-free segments, and held-out rows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.data.splits import Holdout, KFold
from dlpy.data.stored.mapped_rows import blocks_of, give_back


def spans_of(owner: np.ndarray | None, times: int) -> list[tuple[int, int]]:
    """Return the first row of each series and the row after its last one."""
    changes = [] if owner is None else (np.flatnonzero(np.diff(owner)) + 1).tolist()
    return list(zip([0, *changes], [*changes, times], strict=True))


def segments(breaks: np.ndarray, times: int) -> np.ndarray:
    """Return for each row the number of its gap-free segment: (times,) int64."""
    begins = np.zeros(times, np.int64)
    begins[breaks] = 1
    return np.cumsum(begins)


def thinned(rows: Rows | None, limit: int | None) -> Rows | None:
    """Return at most `limit` rows, evenly spaced."""
    if rows is None or limit is None or len(rows) <= limit:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, limit).astype(np.int64))


def held_out(holdout: Holdout, free: np.ndarray, times: int, key: str) -> np.ndarray:
    """Return the held-out rows among the free ones."""
    if holdout.rows:
        first, last = holdout.rows
        if last >= times:
            raise DataError(f"{key}: row {last:,} does not exist: the series has {times:,} rows, numbered from 0.")
        taken = np.arange(first, last + 1)
        if not np.isin(taken, free).all():
            raise DataError(f"{key}: some of the rows {first:,} to {last:,} are test rows.")
        return taken
    count = holdout.count or round((holdout.fraction or 0) * len(free))
    if not 0 < count < len(free):
        raise DataError(f"{key}: cannot hold out {count:,} of {len(free):,} rows: both splits need at least one row.")
    return free[:count] if holdout.take == "first" else free[-count:]


def targets_at(target: np.ndarray, aims: np.ndarray, horizon: int | None) -> np.ndarray:
    """Return the targets of windows: (windows,), (windows, targets) or with a horizon (windows, horizon) float32.

    Args:
        target: (times,) or (times, targets), in memory or in a file.
        aims: (windows,), the row of each window's first target.
        horizon: the number of targets one after the other; None: one.
    """
    steps = np.arange(1 if horizon is None else horizon)
    found = np.empty((len(aims), len(steps), *target.shape[1:]), np.float32)
    for some in blocks_of(found):
        found[some] = target[aims[some, None] + steps]
        give_back(target)
    return found[:, 0] if horizon is None else found


def is_within(part: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return for each span, given its first and last row, whether all its rows belong to the same split."""
    changes = np.concatenate([[0], np.cumsum(np.diff(part.astype(np.int64)) != 0)])
    return changes[first] == changes[last]


def part_of(part: np.ndarray, first: np.ndarray, aim: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return the part of each window: that of all its rows from `aim` on; -1 if earlier ones are of a later part.

    Args:
        part: the number of each row's part; windows of a part may hold rows of parts with smaller numbers.
        first, aim, last: the first row of each window, the first one that must be of its own part, and the last target.
    """
    fits = is_within(part, aim, last)
    for number in np.unique(part).tolist():
        later = np.concatenate([[0], np.cumsum(part > number)])
        fits &= (part[last] != number) | (later[last + 1] == later[first])
    return np.where(fits, part[last], -1).astype(np.int64)


def windows_of(rows: Rows) -> Windows:
    """Return the only input of rows, which are windows."""
    if not isinstance(rows.x, Windows):
        raise TypeError("expected the rows to be Windows")
    return rows.x


def forward_blocks(
    owners: np.ndarray, targets: tuple[np.ndarray, np.ndarray], kfold: KFold
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each fold the windows to train on, and the later ones to validate on.

    The time of each series is cut into one block more than there are folds. Training windows and their targets lie
    before the block that holds all targets of the validation windows; what these look back on may lie before it.

    Args:
        owners: (rows,), the number of each window's series.
        targets: the first and the last target of each window, (rows,) each.
    """
    first, last = targets
    train, validation = ([np.empty(0, np.int64)] * kfold.folds for _ in range(2))
    for number in np.unique(owners).tolist():
        own = np.flatnonzero(owners == number)
        edges = np.linspace(first[own].min(), last[own].max() + 1, kfold.folds + 2).round().astype(np.int64)
        for fold, (start, end) in enumerate(pairwise(edges[1:].tolist())):
            train[fold] = np.append(train[fold], own[last[own] < start])
            validation[fold] = np.append(validation[fold], own[(first[own] >= start) & (last[own] < end)])
    return list(zip(train, validation, strict=True))
