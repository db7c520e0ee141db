"""Cross-fitting: each fifth of the rows is scored with what was fitted on the others, so that no row scores itself."""

from __future__ import annotations

import numpy as np

_PARTS = 5


def crosswise(rows: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return five times the positions to fit on and the positions to score; each row is scored once.

    The parts are random, and depend on the number of rows alone.
    """
    order = np.random.default_rng(0).permutation(rows)
    parts = [np.sort(part) for part in np.array_split(order, _PARTS)]
    return [(np.setdiff1d(order, part), part) for part in parts if len(part)]
