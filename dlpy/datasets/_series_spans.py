"""Stretches of rows of a series: whole series in a file, gap-free segments, and held-out rows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.data.splits import KFold
from dlpy.data.stored.mapped_rows import changed, rows_where


def spans_of(owner: np.ndarray | None, times: int) -> list[tuple[int, int]]:
    """Return the first row of each series and the row after its last one."""
    if owner is None:
        return [(0, times)]
    found = rows_where((1, times), lambda rows: owner[rows] != owner[rows - 1], owner)
    changes = found.tolist()
    return list(zip([0, *changes], [*changes, times], strict=True))


def in_one_segment(breaks: np.ndarray | None, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return which pairs of rows lie in the same gap-free segment.

    Args:
        breaks: the first row of each segment but the first, ascending; None for a single segment.
        first, last: the rows of the pairs, of shapes that go together.
    """
    one, other = (
        np.searchsorted(np.empty(0, np.int64) if breaks is None else breaks, rows, "right") for rows in (first, last)
    )
    return one == other


def thinned(rows: Rows | None, limit: int | None) -> Rows | None:
    """Return at most `limit` rows, evenly spaced."""
    if rows is None or limit is None or len(rows) <= limit:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, limit).astype(np.int64))


def targets_at(target: np.ndarray, aims: np.ndarray, horizon: int | None) -> np.ndarray:
    """Return the targets of windows: (windows,), (windows, targets) or with a horizon (windows, horizon) float32.

    Args:
        target: (times,) or (times, targets), in memory or in a file.
        aims: (windows,), the row of each window's first target.
        horizon: the number of targets one after the other; None: one.
    """
    steps = np.arange(1 if horizon is None else horizon)
    found = changed(aims, lambda some: target[aims[some, None] + steps].astype(np.float32), target)
    return found[:, 0] if horizon is None else found


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
