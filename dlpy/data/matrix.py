"""Rows as one matrix, as estimators of other packages take them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.data.features import Sparse
from dlpy.data.rows import Rows

Matrix = Any  # (rows, columns): an array, or a CSR matrix of SciPy, an optional package whose types know little


def matrix_of(rows: Rows) -> Matrix:
    """Return the only input as a matrix: (rows, columns) float32; sparse rows as SciPy's CSR matrix.

    Images and windows are flattened.
    """
    x = rows.x
    if not isinstance(x, Sparse):
        return np.ascontiguousarray(rows.array.reshape(len(rows), -1), np.float32)
    from scipy.sparse import csr_matrix

    splits = x.splits.astype(np.int32) if len(x.columns) < 2**31 else x.splits  # some estimators take int32 alone
    values = np.ones(len(x.columns), np.float32) if x.values is None else x.values
    return csr_matrix((values, x.columns, splits), shape=(len(x), x.width))


def dense(x: Matrix) -> np.ndarray:
    """Return a matrix as an array."""
    return x if isinstance(x, np.ndarray) else x.toarray()
