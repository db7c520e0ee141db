"""Windows one after the other over recordings, so that every row is in one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables.csv_file import CsvFile


@dataclass(frozen=True)
class Recording:
    """Rows of a table that belong together: its name, its first row, and the row after its last."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True)
class Windows:
    """Windows over recordings.

    starts: (windows,) the first row of each. repeated: (windows,) how many of its first rows are in the one before too.
    recording: (windows,) the number of its recording. places: (windows, length) the rows.
    """

    starts: np.ndarray
    repeated: np.ndarray
    recording: np.ndarray
    places: np.ndarray

    @property
    def numbers(self) -> np.ndarray:
        """The numbers of the windows, from 0."""
        return np.arange(len(self.starts))


def recordings(file: CsvFile, names: list[str] | None, column: str | None) -> list[Recording]:
    """Return the recordings of a table.

    Args:
        file: the table.
        names: the recording of each row; None: there is one.
        column: its name, for messages.

    Raises:
        DataError: the rows of a recording are not beside each other.
    """
    if names is None:
        return [Recording("", 0, len(file))]
    bounds = [0, *(row for row in range(1, len(names)) if names[row] != names[row - 1]), len(names)]
    found, seen = [], set()
    for start, stop in pairwise(bounds):
        if names[start] in seen:
            where, hint = file.where(start, str(column)), "Its rows must be one below the other, in time order"
            raise DataError(f"{where}: recording '{names[start]}' began further above. {hint}.")
        seen.add(names[start])
        found.append(Recording(names[start], start, stop))
    return found


def windows(found: list[Recording], length: int, path: Path) -> Windows:
    """Return windows over recordings; the last one of each reaches back so that it has the full length.

    Raises:
        DataError: a recording is shorter than a window.
    """
    starts, repeated, numbers = [], [], []
    for number, one in enumerate(found):
        rows = one.stop - one.start
        if rows < length:
            of = f"recording '{one.name}' has" if one.name else "there are"
            raise DataError(f"{path}: {of} {rows:,} rows, and a window needs {length:,}: set a smaller data.length.")
        own = [*range(one.start, one.stop - length + 1, length)]
        again = 0
        if own[-1] + length < one.stop:
            again = own[-1] + 2 * length - one.stop
            own.append(one.stop - length)
        starts += own
        repeated += [0] * (len(own) - 1) + [again]
        numbers += [number] * len(own)
    first = np.array(starts, np.int64)
    places = first[:, None] + np.arange(length)
    return Windows(first, np.array(repeated, np.int64), np.array(numbers, np.int64), places)
