"""The mean of scores over folds or seeds, and how sure it is."""

from __future__ import annotations

import numpy as np

from dlpy.runs.history import mean_over_folds


def spread(scores: np.ndarray) -> dict[str, np.ndarray]:
    """Return the mean over folds or seeds, the standard deviation between them (n - 1), and the mean's standard error.

    Each counts the same, whatever its size; one is left out of the scores that are undefined in it.

    Args:
        scores: (folds or seeds, scores), NaN where undefined.

    Returns:
        (scores,) by name; `counted` is the number of them in which each score is defined.
    """
    counted, mean = np.isfinite(scores).sum(axis=0), mean_over_folds(scores)
    squares = np.where(np.isfinite(scores), np.square(scores - mean), 0).sum(axis=0)
    std = np.sqrt(squares / np.where(counted > 1, counted - 1, np.nan))
    return {"mean": mean, "std": std, "standard_error": std / np.sqrt(np.maximum(counted, 1)), "counted": counted}
