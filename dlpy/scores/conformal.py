"""Split conformal prediction: intervals of numbers and sets of classes that contain the truth as often as asked.

If the rows that the limit is computed on and the new rows are exchangeable (in random order, from one distribution),
the truth is inside for at least the asked coverage of rows, whatever the model. The guarantee is for all rows together,
not for each class or each kind of row.

Source: Vovk et al. 2005; Lei et al. 2018, arXiv:1604.04173; classes (LAC): Sadinle et al. 2019, arXiv:1609.00451.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from dlpy.scores.class_scores import class_probabilities


def rank_of(rows: int, coverage: float) -> int:
    """Return ceil((rows + 1) * coverage), the rank of the score that is the limit; exact in decimal."""
    return math.ceil((rows + 1) * Fraction(str(coverage)))


def rows_needed(coverage: float) -> int:
    """Return the smallest number of rows that a limit for this coverage can be computed on."""
    share = Fraction(str(coverage))
    return math.ceil(share / (1 - share))


def limits(scores: np.ndarray, coverage: float) -> np.ndarray | None:
    """Return for each column the limit that a new score stays within with probability `coverage`.

    Args:
        scores: (rows, columns) nonconformity scores of rows that the model was not trained on.
        coverage: between 0 and 1.

    Returns:
        (columns,), or None if there are fewer rows than `rows_needed`.
    """
    rank = rank_of(len(scores), coverage)
    return np.sort(scores, axis=0)[rank - 1] if rank <= len(scores) else None


def errors(target: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return the absolute errors of numbers as nonconformity scores: (rows, units) float64."""
    prediction = prediction.astype(np.float64)
    return np.abs(prediction - target.reshape(prediction.shape))


def doubts(labels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return 1 - the probability of the true class as nonconformity score: (rows, 1) float64."""
    probability = _by_class(prediction)
    return 1 - probability[np.arange(len(labels)), labels][:, None]


def sets_within(prediction: np.ndarray, limit: float | np.ndarray) -> np.ndarray:
    """Return which classes are in the set of each row: (rows, classes) bool.

    These are the classes whose probability is at least 1 - limit (least ambiguous sets: the smallest on average). A set
    may be empty: no class of the row is as probable as the true one is for most rows.

    Args:
        prediction: (rows, classes) probabilities, or (rows, 1) of the second of two classes.
        limit: of the nonconformity scores that `doubts` returns, for all rows or (rows, 1).
    """
    return 1 - _by_class(prediction) <= limit


def _by_class(prediction: np.ndarray) -> np.ndarray:
    return class_probabilities(prediction.astype(np.float64))
