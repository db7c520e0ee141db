"""The rows of an outer fold of nested cross-validation: a file in a run's directory that narrows its data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlpy.core.errors import RunError
from dlpy.data.rows import Loaded
from dlpy.runs.arrays import parsed, positions
from dlpy.runs.directory import Run
from dlpy.storage.atomic import write_arrays

OUTER_ROWS = "outer.npz"


def write_outer_rows(run: Run, train: np.ndarray, held_out: np.ndarray) -> None:
    """Narrow the data of a run to rows of an outer fold.

    Args:
        run: its directory.
        train, held_out: positions among all rows that are no test rows; those held out become the test rows.
    """
    write_arrays(run.path / OUTER_ROWS, {"train": train, "held_out": held_out})


def copy_outer_rows(source: Run, target: Run) -> None:
    """Narrow the data of another run as that of this one is, if it is."""
    rows = _read(source)
    if rows is not None:
        write_outer_rows(target, *rows)


def narrowed(run: Run, loaded: Loaded) -> Loaded:
    """Return the rows of a run: those of its outer fold, if it has one.

    Raises:
        RunError: the file is damaged, or is of other data.
    """
    rows = _read(run)
    if rows is None:
        return loaded
    train, held_out = rows
    if max(train.max(initial=-1), held_out.max(initial=-1)) >= len(loaded.train):
        raise RunError(f"{run.path / OUTER_ROWS} is of data with more than {len(loaded.train):,} rows.")
    return of_outer_fold(loaded, train, held_out)


def of_outer_fold(loaded: Loaded, train: np.ndarray, held_out: np.ndarray) -> Loaded:
    """Return the training rows of an outer fold, with its held-out rows as test rows."""
    return replace(loaded, train=loaded.train.take(train), test=loaded.train.take(held_out))


def _read(run: Run) -> tuple[np.ndarray, np.ndarray] | None:
    path = run.path / OUTER_ROWS
    return parsed(path, lambda arrays: (positions(arrays, "train"), positions(arrays, "held_out")))
