"""Whole series as they are read, of which missing cells are filled, and which become rows of one length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.whole_series import stacked

MissingCells = Literal["error", "previous", "interpolate"]
Longer = Literal["error", "first", "last"]
_FEWEST_STEPS = 2


@dataclass(frozen=True)
class Collection:
    """Series that were read.

    names: of the series. values: of each, (steps, channels) float64, NaN where a cell is missing. channels: the names
    of the channels.
    """

    names: list[str]
    values: list[np.ndarray]
    channels: list[str]

    @property
    def lengths(self) -> np.ndarray:
        """The number of steps of each series: (series,) int64."""
        return np.array([len(values) for values in self.values], np.int64)

    def take(self, places: Sequence[int]) -> Collection:
        """Return some series, in the given order."""
        return Collection([self.names[at] for at in places], [self.values[at] for at in places], self.channels)

    def filled(self, how: MissingCells) -> Collection:
        """Return the series without missing cells.

        Raises:
            DataError: cells are missing and not to be filled, or nothing is known of a channel, or a series is short.
        """
        values = [self._whole(name, own, how) for name, own in zip(self.names, self.values, strict=True)]
        return Collection(self.names, values, self.channels)

    def _whole(self, name: str, values: np.ndarray, how: MissingCells) -> np.ndarray:
        if len(values) < _FEWEST_STEPS:
            steps = "no steps" if len(values) == 0 else "a single step"
            raise DataError(f"series '{name}' has {steps}, and a series needs at least two: delete it.")
        missing = np.isnan(values)
        for channel in np.flatnonzero(missing.any(axis=0)).tolist():
            where = f"series '{name}', step {int(missing[:, channel].argmax()) + 1}, channel '{self.channels[channel]}'"
            if missing[:, channel].all():
                raise DataError(f"{where}: the series has no value of this channel: delete the series or the channel.")
            if how == "error":
                hint = "Fill it in, or set data.missing: previous or interpolate."
                raise DataError(f"{where}: the cell is missing. {hint}")
        return np.stack([_filled(column, how) for column in values.T], axis=1) if missing.any() else values

    def rows(self, length: int, longer: Longer) -> np.ndarray:
        """Return the series as rows: (series, length, channels) float32, NaN after the end of each.

        Args:
            length: the steps of a row.
            longer: which steps of a longer series are read.

        Raises:
            DataError: a series is longer, and that is an error.
        """
        long = np.flatnonzero(self.lengths > length)
        if len(long) and longer == "error":
            name, steps = self.names[long[0]], self.lengths[long[0]]
            hint = "Set data.longer: first or last to read that many of its steps."
            raise DataError(f"series '{name}' has {steps:,} steps; at most {length:,} are read (data.length). {hint}")
        cut = slice(-length, None) if longer == "last" else slice(length)
        return stacked([values[cut] for values in self.values], length)


def require_equal_lengths(rows: np.ndarray, names: Sequence[str], lengths: np.ndarray) -> None:
    """Raise DataError for a series that is shorter than the rows of a run whose series are all of one length."""
    short = np.flatnonzero(lengths < rows.shape[1])
    if len(short):
        had = f"all series that the run was trained on have {rows.shape[1]:,}"
        raise DataError(f"series '{names[short[0]]}' has {lengths[short[0]]:,} steps, and {had}: leave it out.")


def _filled(column: np.ndarray, how: MissingCells) -> np.ndarray:
    """Return a channel without missing cells; those before the first value get that one."""
    known = np.flatnonzero(~np.isnan(column))
    if how == "interpolate":
        return np.interp(np.arange(len(column)), known, column[known])
    before = np.searchsorted(known, np.arange(len(column)), side="right") - 1
    return column[known[np.maximum(before, 0)]]
