"""The rows of a file in the order of series and time; of a file that is read in pieces, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dlpy.data.stored.mapped_rows import blocks_of, empty_like, give_back, in_file, least_and_most, taken
from dlpy.data.tables.local_time import evenly, may_be_local

_AT_ONCE = 1 << 19  # rows of a series in a file

Span = tuple[int, int]


@dataclass(frozen=True)
class Stretches:
    """The times of series, one series after the other, those of a long one in a file in several stretches.

    A stretch starts with the last time of the one before.
    """

    times: np.ndarray
    spans: list[Span]

    def places(self) -> Iterator[Span]:
        """Yield the first row of each stretch, and the one after the last."""
        for first, end in self.spans:
            size = max(2, _AT_ONCE if in_file(self.times) else end - first)
            for start in range(first, max(first + 1, end - 1), size - 1):
                yield start, min(start + size, end)

    def __iter__(self) -> Iterator[np.ndarray]:
        for first, end in self.places():
            yield np.asarray(self.times[first:end])
            give_back(self.times)


@dataclass(frozen=True)
class InOrder:
    """Rows of a file in the order of series and time.

    rows: (rows,) int64, their numbers in the file. even: (rows,) datetime64[us], their times, without the changes of
    the clock in local times. changes: the number of these.
    """

    rows: np.ndarray
    even: np.ndarray
    changes: int


def rows_by_series(owner: np.ndarray) -> tuple[np.ndarray, list[Span]]:
    """Return the rows of a file series by series, in the order of the file, and the place of each series among them.

    Args:
        owner: (rows,), the number of each row's series; all numbers from 0 on occur.
    """
    count = np.zeros(int(least_and_most(owner)[1]) + 1, np.int64)
    for some in blocks_of(owner):
        count += np.bincount(owner[some], minlength=len(count))
    ends = np.cumsum(count)
    spans = list(zip((ends - count).tolist(), ends.tolist(), strict=True))
    rows, next_place = empty_like(owner, np.int64), ends - count
    for some in blocks_of(owner):
        own = np.asarray(owner[some])
        order = np.argsort(own, kind="stable")
        counts = np.bincount(own, minlength=len(count))
        within = np.arange(len(own)) - np.repeat(np.cumsum(counts) - counts, counts)
        rows[next_place[own[order]] + within] = some.start + order
        next_place = next_place + counts
        give_back(rows)
    return rows, spans


def owners_of(spans: list[Span], like: np.ndarray) -> np.ndarray:
    """Return the number of each row's series, given the places of the series: (rows,) int64.

    Args:
        spans: the first row of each, and the one after the last.
        like: in a file if the numbers are to be in one.
    """
    found = empty_like(like, np.int64)
    for number, (first, end) in enumerate(spans):
        found[first:end] = number
    give_back(found)
    return found


def in_time_order(times: np.ndarray, by_series: np.ndarray, spans: list[Span]) -> InOrder:
    """Return the rows of each series in the order of their times.

    Args:
        times: (rows,) datetime64[us], in the order of the file.
        by_series, spans: what `rows_by_series` returns.
    """
    rows, even, changes = empty_like(by_series), empty_like(times), 0
    for first, end in Stretches(by_series, spans).places():
        rows[first:end] = by_series[first:end]
        even[first:end] = taken(times, by_series[first:end])
        give_back(rows, by_series, even)
    for first, end in spans:
        if any(map(may_be_local, Stretches(even, [(first, end)]))):
            found, own = evenly(np.array(even[first:end]))
            order = np.argsort(found, kind="stable")
            rows[first:end], even[first:end], changes = np.array(rows[first:end])[order], found[order], changes + own
    return InOrder(rows, even, changes)
