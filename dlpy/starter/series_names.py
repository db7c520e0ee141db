"""The columns of a table that name the series of each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import Dates
from dlpy.starter.sample import Sampled
from dlpy.starter.timeline import STEPS_FORWARD, regularity

_REGULAR = 0.8  # of the rows, one step after the row before
_LEAST_OF_SERIES = 20  # rows of each of several series, on average
_LEAST_OF_PANEL = 8  # the same where no time is repeated or missing in any series
_MOST_PAIRED = 8  # columns of which pairs are tried


def columns_of_names(
    file: CsvFile, time: str, dates: Dates, candidates: Sequence[str], numbers: Sequence[str]
) -> tuple[str, ...]:
    """Return the columns that together name the series of each row: one or two, or none of a single series.

    Within each series, nearly all times are different and evenly spaced.

    Args:
        file: the table.
        time: the column of dates.
        dates: what it holds.
        candidates: columns of categories.
        numbers: columns of whole numbers, which name a series only together with another column.
    """
    is_repeated = len(np.unique(dates.times)) < STEPS_FORWARD * len(dates.times)
    goes_back = isinstance(file, Sampled) and len(dates.backward) > 0  # other times were looked at of each series
    if len(dates.bad) or not (is_repeated or goes_back):
        return ()
    stamps = np.unique(dates.times, return_inverse=True)[1].reshape(-1)
    for candidate in candidates:
        if _are_names(file, time, (candidate,), _owners(file, candidate), stamps):
            return (candidate,)
    return next(_pairs(file, time, [*candidates, *numbers][:_MOST_PAIRED], stamps), ())


def _owners(file: CsvFile, name: str) -> np.ndarray:
    """Return the number of each row's text: (rows,) int64, from 0."""
    return np.unique(np.array(file.texts(name)), return_inverse=True)[1].reshape(-1)


def _pairs(file: CsvFile, time: str, names: Sequence[str], stamps: np.ndarray) -> Iterator[tuple[str, ...]]:
    """Yield the pairs of columns that name the series."""
    least = len(stamps) / (int(stamps.max()) + 1)  # series that have rows of one time
    owners = {name: _owners(file, name) for name in names} if least > 1 else {}
    for one, other in combinations(owners, 2):
        both = owners[one] * (int(owners[other].max()) + 1) + owners[other]
        pair = np.unique(both, return_inverse=True)[1].reshape(-1)
        if int(pair.max()) + 1 >= least and _are_names(file, time, (one, other), pair, stamps):
            yield one, other


def _are_names(file: CsvFile, time: str, of: tuple[str, ...], owners: np.ndarray, stamps: np.ndarray) -> bool:
    """Return whether rows of the same columns are series.

    Args:
        file: the table.
        time: the column of dates.
        of: the columns.
        owners: (rows,) the number of each row's series.
        stamps: (rows,) the number of each row's time.
    """
    count, rows = int(owners.max()) + 1, len(stamps)
    different = len(np.unique(owners * (int(stamps.max()) + 1) + stamps))
    if different < STEPS_FORWARD * rows or rows < _LEAST_OF_PANEL * count:
        return False
    found = regularity(file, time, of)
    return (rows >= _LEAST_OF_SERIES * count and found >= _REGULAR) or (different == rows and found == 1)
