"""How well flags agree with rows that are known to be anomalies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """Counts of rows and of events, which are anomalous rows one after another.

    An event is found if one of its rows is flagged.
    """

    flagged: int
    right: int  # flagged rows that are anomalies
    anomalies: int
    usual: int  # rows that are none
    events: int
    found: int

    @property
    def precision(self) -> float:
        """The fraction of flagged rows that are anomalies; NaN if no row is flagged."""
        return self.right / self.flagged if self.flagged else float("nan")

    @property
    def recall(self) -> float:
        """The fraction of anomalous rows that are flagged; NaN if there are none."""
        return self.right / self.anomalies if self.anomalies else float("nan")

    @property
    def false_alarms(self) -> float:
        """The fraction of the rows without anomaly that are flagged; NaN if there are none."""
        return (self.flagged - self.right) / self.usual if self.usual else float("nan")


def agreement_of(flags: np.ndarray, truth: np.ndarray, begins: np.ndarray) -> Agreement:
    """Return how well flags agree with the truth.

    Args:
        flags, truth: (rows,) bool, in order of time.
        begins: (rows,) bool, whether a row does not follow the one before, as in another series.
    """
    new = truth & (begins | ~np.concatenate([[False], truth[:-1]]))
    event = np.cumsum(new)
    return Agreement(
        flagged=int(flags.sum()),
        right=int((flags & truth).sum()),
        anomalies=int(truth.sum()),
        usual=int((~truth).sum()),
        events=int(new.sum()),
        found=len(np.unique(event[flags & truth])),
    )
