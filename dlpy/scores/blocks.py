"""Which rows are resampled together, because they are not independent of each other."""

from __future__ import annotations

import numpy as np


def units_of(groups: np.ndarray | None, errors: np.ndarray, *, in_time: bool) -> tuple[str, np.ndarray]:
    """Return what is resampled, in words, and its number for each row, (rows,): rows, groups, or consecutive rows.

    Args:
        groups: (rows,), the group of each row; None if there are no groups.
        errors: (rows,), of one model.
        in_time: whether the rows are in time order.
    """
    if groups is not None:
        return "groups", np.unique(groups, return_inverse=True)[1].reshape(-1)
    if not in_time:
        return "rows", np.arange(len(errors))
    length = block_length(errors)
    return f"blocks of {length} consecutive rows", np.arange(len(errors)) // length


def block_length(errors: np.ndarray) -> int:
    """Return the number of consecutive rows after which errors have little to do with each other.

    It is twice the first lag at which their correlation is that of noise (below 2 / sqrt(rows)), at least the cube root
    of the rows and at most a tenth of them.

    Args:
        errors: (rows,) in time order.
    """
    rows = len(errors)
    centred = errors - errors.mean()
    least, most = max(1, round(rows ** (1 / 3))), max(1, rows // 10)
    scale = float(centred @ centred)
    lag = 1
    while scale > 0 and 2 * lag < most and centred[:-lag] @ centred[lag:] / scale > 2 / np.sqrt(rows):
        lag += 1
    return min(max(2 * lag, least), most)
