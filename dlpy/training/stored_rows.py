"""Warnings about rows that lie in a file: those in several parts, constant and leaking columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dlpy.data.rows import Data, Rows
from dlpy.data.stored.array import StoredArray


def repeated(count: int, total: int, part: str) -> str:
    """Return the warning about held-out rows that are training rows too."""
    return f"warning: {count:,} of {total:,} {part} rows are training rows too: scores are too good."


def repeated_in_files(data: Data) -> Iterator[str]:
    """Yield a line for each held-out part that shares rows with the training rows, compared by hashes of 64 bits."""
    seen = _hashes(data.train)
    for name, rows in (("validation", data.validation), ("test", data.test)):
        count = 0 if rows is None else int(np.isin(_hashes(rows), seen).sum())
        if rows is not None and count:
            yield repeated(count, len(rows), name)


def _hashes(rows: Rows) -> np.ndarray:
    """Return a number for each row, equal for rows whose inputs are all equal: (rows,) uint64."""
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
