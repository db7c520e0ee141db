"""Cross-fitting: what is fitted on one half of the rows is scored on the other, so that no row scores itself."""

from __future__ import annotations

import numpy as np


def halves(rows: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return twice (positions to fit on, positions to score): a random half and the rest, and the other way round.

    The halves depend on the number of rows alone.
    """
    order = np.random.default_rng(0).permutation(rows)
    first, second = np.sort(order[: rows // 2]), np.sort(order[rows // 2 :])
    return [(first, second), (second, first)]
