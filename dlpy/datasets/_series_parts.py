"""The part of the data that each row of series belongs to, as stretches of rows, and the part of each window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.splits import Holdout

Stretch = tuple[int, int, int]  # the first row, the one after the last, and the number of their part
Span = tuple[int, int]


@dataclass(frozen=True)
class Parts:
    """The part of each row of one or several series.

    starts: (stretches,) int64, the first row of each stretch of rows of one part, ascending from 0. numbers:
    (stretches,) int64, the number of the part; neighbours differ. rows: of all series.
    """

    starts: np.ndarray
    numbers: np.ndarray
    rows: int

    @classmethod
    def of(cls, stretches: Sequence[Stretch]) -> Parts:
        """Return the parts of rows, given stretches of them that follow each other."""
        starts, ends, numbers = (np.array(each) for each in zip(*stretches, strict=True))
        return cls._merged(starts, numbers, int(ends[-1]))

    @classmethod
    def _merged(cls, starts: np.ndarray, numbers: np.ndarray, rows: int) -> Parts:
        kept = np.concatenate([[True], numbers[1:] != numbers[:-1]])
        return cls(starts[kept], numbers[kept], rows)

    def only(self, number: int) -> Parts:
        """Return the parts with 0 in place of all other numbers."""
        return self._merged(self.starts, np.where(self.numbers == number, number, 0), self.rows)

    def count(self, number: int) -> int:
        """Return the number of rows of a part."""
        return int(np.diff(np.append(self.starts, self.rows))[self.numbers == number].sum())

    def each(self) -> np.ndarray:
        """Return the part of each row: (rows,) int8."""
        return np.repeat(self.numbers.astype(np.int8), np.diff(np.append(self.starts, self.rows)))

    def spans(self, number: int, within: Span) -> list[Span]:
        """Return the stretches of a part among the rows of a span."""
        some = slice(np.searchsorted(self.starts, within[0], "right") - 1, np.searchsorted(self.starts, within[1]))
        firsts, ends = self.starts[some], np.append(self.starts[1:], self.rows)[some]
        edges = zip(firsts.tolist(), ends.tolist(), self.numbers[some].tolist(), strict=True)
        return [(max(first, within[0]), min(end, within[1])) for first, end, own in edges if own == number]

    def of_windows(self, first: np.ndarray, aim: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Return the part of each window: that of all its rows from `aim` on; -1 if earlier ones are of a later part.

        Windows of a part may hold rows of parts with smaller numbers.

        Args:
            first, aim, last: the first row of each window, the first one that must be of its own part, the last target.
        """
        start, own, end = (np.searchsorted(self.starts, rows, "right") - 1 for rows in (first, aim, last))
        fits, part = own == end, self.numbers[end]
        for number in np.unique(self.numbers).tolist():
            later = np.concatenate([[0], np.cumsum(self.numbers > number)])
            fits &= (part != number) | (later[end + 1] == later[start])
        return np.where(fits, part, -1)


def divided(rows: int, holdouts: Sequence[tuple[int, Holdout, str]]) -> list[Stretch]:
    """Return the stretches of the rows of a series, in order: 0 is the part of rows that are not held out.

    Args:
        rows: of the series.
        holdouts: the number of each part, which rows it takes of those that are left, and its key for messages.
    """
    found: list[Stretch] = [(0, rows, 0)]
    for number, holdout, key in holdouts:
        free = [(first, end) for first, end, own in found if own == 0]
        for first, end in _held_out(holdout, free, rows, key):
            found = [piece for one in found for piece in _cut(one, (first, end, number))]
    return found


def _held_out(holdout: Holdout, free: list[Span], rows: int, key: str) -> list[Span]:
    """Return the held-out rows among the free ones."""
    if holdout.rows:
        first, last = holdout.rows
        if last >= rows:
            raise DataError(f"{key}: row {last:,} does not exist: the series has {rows:,} rows, numbered from 0.")
        if not any(start <= first and last < end for start, end in free):
            raise DataError(f"{key}: some of the rows {first:,} to {last:,} are test rows.")
        return [(first, last + 1)]
    total = sum(end - first for first, end in free)
    count = holdout.count or round((holdout.fraction or 0) * total)
    if not 0 < count < total:
        raise DataError(f"{key}: cannot hold out {count:,} of {total:,} rows: both splits need at least one row.")
    return _first_rows(free, count) if holdout.take == "first" else last_rows(free, count)


def _first_rows(free: list[Span], count: int) -> list[Span]:
    found = []
    for first, end in free:
        found.append((first, min(end, first + count)))
        count -= end - first
        if count <= 0:
            break
    return found


def last_rows(free: list[Span], count: int) -> list[Span]:
    """Return the last rows of some spans, in order; all of them if they have fewer."""
    turned = _first_rows([(-end, -first) for first, end in reversed(free)], count)
    return [(-end, -first) for first, end in reversed(turned)]


def _cut(one: Stretch, taken: Stretch) -> list[Stretch]:
    """Return a stretch, of which another takes some rows."""
    (start, stop, own), (first, end, number) = one, taken
    first, end = max(start, first), min(stop, end)
    if end <= first:
        return [one]
    return [piece for piece in ((start, first, own), (first, end, number), (end, stop, own)) if piece[0] < piece[1]]
