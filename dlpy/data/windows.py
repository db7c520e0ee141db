"""Stretches of a time series as rows."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Windows:
    """Stretches of a time series: window i is `series[starts[i] + offsets]`, cut out only when its batch is needed.

    series: (times, columns) numbers, shared by all rows. starts: (rows,) int64. offsets: (length,) int64.
    target: the column whose future is predicted, where it is one of them and on the same scale as the targets.
    before: how far behind the start a whole number of periods before the target is, where there is a period.
    """

    series: np.ndarray
    starts: np.ndarray
    offsets: np.ndarray
    target: int | None = None
    before: int | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of the array it stands for: (rows, length, columns)."""
        return len(self.starts), len(self.offsets), self.series.shape[1]

    def take(self, rows: np.ndarray) -> "Windows":
        """Return the chosen rows, in that order."""
        return replace(self, starts=self.starts[rows])

    def covered(self) -> np.ndarray:
        """Return which times lie within a window: (times,) bool."""
        edges = np.zeros(len(self.series) + 1, np.int64)
        np.add.at(edges, self.starts + self.offsets.min(), 1)
        np.add.at(edges, self.starts + self.offsets.max() + 1, -1)
        return np.cumsum(edges[:-1]) > 0

    def guesses(self) -> dict[str, np.ndarray]:
        """Return what common sense says of the target, by how it does: (rows,) values of the target's column."""
        if self.target is None:
            return {}
        offsets = {"the last value": self.offsets.max(), "the same time of an earlier period": self.before}
        return {
            name: self.series[self.starts + offset, self.target]
            for name, offset in offsets.items()
            if offset is not None
        }

    def numbers(self) -> np.ndarray:
        """Return the array it stands for: (rows, length, columns)."""
        return self.series[self.starts[:, None] + self.offsets]


def step_at(offsets: np.ndarray, offset: int | None) -> int | None:
    """Return which step of a window is at an offset, or None where no step is."""
    found = np.flatnonzero(offsets == offset)
    return int(found[0]) if len(found) else None
