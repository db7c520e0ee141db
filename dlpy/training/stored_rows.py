"""What warnings say of rows that lie in a file: which are equal, which columns are constant or leak the target."""

from __future__ import annotations

import numpy as np

from dlpy.data.rows import Rows
from dlpy.data.stored.array import StoredArray


def hashes(rows: Rows) -> np.ndarray:
    """Return a number for each row, equal for rows whose inputs are all equal: (rows,) uint64.

    Two of 18 million different rows have the same number once in 100,000 tables.
    """
    total = np.zeros(len(rows), np.uint64)
    for number, x in enumerate(rows.inputs.values()):
        if isinstance(x, StoredArray):
            rng = np.random.default_rng(number)
            factors = rng.integers(2**63, size=x.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
            total += np.concatenate([chunk.view(np.uint32).astype(np.uint64) @ factors for chunk in x.chunks()])
    return total


def spread_of(x: StoredArray) -> np.ndarray:
    """Return the standard deviation of each column."""
    return _moments(x)[1]


def correlations(x: StoredArray, target: np.ndarray) -> np.ndarray:
    """Return the absolute correlation of each column with a target; 0 for constant ones."""
    mean, deviation = _moments(x)
    centred, products, done = target - target.mean(), np.zeros(x.shape[1]), 0
    for chunk in x.chunks():
        products += (chunk - mean).T @ centred[done : done + len(chunk)]
        done += len(chunk)
    scale = len(x) * deviation * target.std()
    return np.abs(np.divide(products, scale, out=np.zeros_like(products), where=scale > 0))


def _moments(x: StoredArray) -> tuple[np.ndarray, np.ndarray]:
    mean = sum(chunk.sum(axis=0, dtype=np.float64) for chunk in x.chunks()) / len(x)
    squares = sum(np.square(chunk - mean).sum(axis=0) for chunk in x.chunks())
    return np.asarray(mean), np.sqrt(squares / len(x))
