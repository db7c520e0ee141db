"""From which forecast error on a row is flagged, by the errors of the validation rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.scores.conformal import limits, rows_needed

_TO_DEVIATION = 1.4826  # of a normal distribution, the standard deviation in median absolute deviations


@dataclass(frozen=True)
class Limits:
    """What errors are compared with.

    middle, spread: (numbers,) the median of the validation errors, and their standard deviation, estimated by the
    median absolute deviation, which outliers do not change. limit: the score above which a row is flagged. rows: the
    number of validation rows.
    """

    middle: np.ndarray
    spread: np.ndarray
    limit: float
    rows: int

    def scores(self, errors: np.ndarray) -> np.ndarray:
        """Return how far errors, (rows, numbers), are from the middle, in standard deviations: (rows,).

        Of several numbers, the one that is farthest counts.
        """
        return np.abs((errors - self.middle) / self.spread).max(axis=1)


def limits_for(errors: np.ndarray, threshold: float) -> Limits:
    """Return the limits by the errors of validation rows.

    Args:
        errors: (rows, numbers).
        threshold: the fraction of rows without anomalies that is not to be flagged.

    Raises:
        DataError: there are too few rows, or more than half of the errors are equal.
    """
    rows = len(errors)
    if rows < rows_needed(threshold):
        needed = f"--threshold {threshold:g} needs at least {rows_needed(threshold):,} validation rows"
        raise DataError(f"{needed}; this run has {rows:,}. Give a lower one.")
    middle = np.median(errors, axis=0)
    spread = _TO_DEVIATION * np.median(np.abs(errors - middle), axis=0)
    if not (spread > 0).all():
        raise DataError("most validation rows have the same forecast error: their spread tells nothing of others.")
    found = Limits(middle, spread, 0.0, rows)
    limit = limits(found.scores(errors)[:, None], threshold)
    if limit is None:  # excluded by rows_needed
        raise DataError(f"--threshold {threshold:g} needs more validation rows than {rows:,}.")
    return Limits(middle, spread, float(limit[0]), rows)


def check_threshold(threshold: float) -> None:
    """Raise ConfigError if the threshold is no fraction."""
    if not 0 < threshold < 1:
        raise ConfigError(f"--threshold {threshold:g}: expected a fraction between 0 and 1, such as 0.99.")
