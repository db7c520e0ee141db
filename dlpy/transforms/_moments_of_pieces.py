"""Means, standard deviations and quantiles of rows that are read in pieces, to the bit those of the rows in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dlpy.data.pieces import Pieces, numbers_in
from dlpy.transforms._moments import moments, moments_of_blocks


def quantiles_by_column(pieces: Pieces, ranks: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the quantiles of each column at these ranks: (ranks, columns); one column is in memory at a time."""
    found = [np.nanquantile(np.asarray(column, np.float64), ranks) for column in pieces.columns()]
    return np.stack(found, axis=1) if found else np.empty((len(ranks), 0))


def moments_of_pieces(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation of each column; of a constant one, its number and 1.

    NumPy adds up the rows of several columns one after the other, so that a sum can be continued piece by piece. A
    single column, or columns that are not stored row after row, it adds up pairwise: these are read as a whole.
    """
    first = numbers_in(pieces.first.x)
    if first.shape[1] < 2 or not first.flags.c_contiguous:
        found = [moments(column[:, None]) for column in pieces.columns()]
        mean, deviation = (np.concatenate([np.zeros(0), *(one[part] for one in found)]) for part in (0, 1))
        return mean, deviation
    return moments_of_blocks(lambda: _numbers(pieces))


def _numbers(pieces: Pieces) -> Iterator[np.ndarray]:
    for rows in pieces.blocks():
        yield np.asarray(numbers_in(rows.x), np.float64)
