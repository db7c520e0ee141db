"""Windows of a time series or a text as rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlpy.data.stored.mapped_rows import changed, gathered, give_back, in_file, least_and_most, parts_of, rows_where

_GATHERED = 512  # windows taken before their pages are given back
LEAST_STEP = (
    0.05  # added to the mean absolute step of a window that numbers are divided by, in their standard deviations
)


def _every_window(series: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the windows that begin at each time of a series, without reading it, and the least of the offsets.

    To copy a window as a whole takes a third of the time that looking up each of its rows takes.
    """
    first, step = int(offsets.min()), int(offsets[1] - offsets[0]) if len(offsets) > 1 else 1
    every = np.lib.stride_tricks.sliding_window_view(np.asarray(series), int(offsets.max()) - first + 1, axis=0)
    return every[..., ::step].transpose(0, 2, 1), first


@dataclass(frozen=True)
class Windows:
    """Windows of a time series: window i is `series[starts[i] + offsets]`, extracted only when its batch is needed.

    series: (times, columns) numbers, shared by all rows, in memory or in a file. starts: (rows,) int64.
    offsets: (length,) int64, evenly spaced, ascending or descending.
    target: the forecast column, if it is among the columns and on the same scale as the targets.
    before: offset from the start of the time that is a whole number of periods before the target, if there is a period;
    with a horizon, (horizon,) offsets, one for each step ahead. horizon: steps ahead; None: one target.
    owner: (times,) int64, the number of each time's series, if there are several; ids: their names.
    since: (times,) int64, the earliest time that the numbers of each time were filled from; None: itself.
    first: the number of the first time in the source, of which the series may be a part.
    """

    series: np.ndarray
    starts: np.ndarray
    offsets: np.ndarray
    target: int | None = None
    before: int | np.ndarray | None = None
    horizon: int | None = None
    owner: np.ndarray | None = None
    ids: tuple[str, ...] = ()
    since: np.ndarray | None = None
    first: int = 0

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of the represented array: (rows, length, columns)."""
        return len(self.starts), len(self.offsets), self.series.shape[1]

    @property
    def ends(self) -> np.ndarray:
        """The time after the last one of each window: (rows,) int64."""
        return self.starts + int(self.offsets.max()) + 1

    @property
    def owners(self) -> np.ndarray:
        """The number of each row's series: (rows,) int64."""
        owner = self.owner
        if owner is None:
            return np.zeros(len(self), np.int64)
        return changed(self.starts, lambda some: owner[self.starts[some]], owner)

    @property
    def series_numbers(self) -> np.ndarray:
        """The numbers of the series that have rows, ascending: (series,) int64."""
        owners = self.owners
        return np.unique(np.concatenate([owners[:0], *(np.unique(owners[some]) for some in parts_of(owners))]))

    def rows_of_each(self, numbers: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the positions of the rows of some series, one after the other."""
        owners = self.owners
        begins = rows_where((1, len(self)), lambda rows: owners[rows] != owners[rows - 1], owners)
        if len(begins) + 1 == len(numbers):  # the rows of each are next to each other
            spans = zip([0, *begins.tolist()], [*begins.tolist(), len(self)], strict=True)
            by_number = {int(owners[first]): (first, end) for first, end in spans}
            yield from (np.arange(*by_number[number]) for number in numbers.tolist())
            return
        for number in numbers.tolist():
            yield rows_where((0, len(self)), lambda rows, number=number: owners[rows] == number, owners)

    @property
    def names(self) -> np.ndarray:
        """The name of each row's series, if there are several: (rows,) str."""
        return np.array(self.ids)[self.owners]

    def take(self, rows: np.ndarray) -> Windows:
        """Return the selected rows, in the given order."""
        return replace(self, starts=gathered(self.starts, rows))

    @property
    def in_file(self) -> bool:
        """Whether the series is in a file."""
        return in_file(self.series)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the selected windows of a series in a file: (rows, length, columns) float32."""
        found = np.empty((len(rows), *self.shape[1:]), np.float32)
        if not len(rows):
            return found
        starts = np.asarray(self.starts[rows])
        give_back(self.starts)
        order = np.argsort(starts, kind="stable")  # neighbours in the file are read together
        every, first = _every_window(self.series, self.offsets)
        for start in range(0, len(rows), _GATHERED):
            some = order[start : start + _GATHERED]
            found[some] = every[starts[some] + first]
            give_back(self.series)
        return found

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the rows of the series that are inside a window, some thousand at a time, and the place of their block.

        Of a series in memory, all are in one block.
        """
        if len(self) == 0:
            return
        first, end = self.span
        own, covered = self.series[first:end], self.covered()
        for some in parts_of(own):
            if covered[some].any():
                yield first + some.start, own[some][covered[some]]

    @property
    def span(self) -> tuple[int, int]:
        """The first time that is inside a window, and the one after the last; the same where there are no windows."""
        if len(self) == 0:
            return 0, 0
        first, last = least_and_most(self.starts)
        return int(first + self.offsets.min()), int(last + self.offsets.max()) + 1

    def covered(self) -> np.ndarray:
        """Return which of the times of `span` are inside a window: (times,) bool."""
        whole, end = self.span
        found = np.zeros(end - whole, np.bool_)
        for some in parts_of(self.starts):
            own = self.take(np.arange(some.start, some.stop))
            first, end = own.span
            edges = np.bincount(own.starts + self.offsets.min() - first, minlength=end - first + 1)
            edges -= np.bincount(own.starts + self.offsets.max() + 1 - first, minlength=end - first + 1)
            found[first - whole : end - whole] |= np.cumsum(edges[:-1]) > 0
        return found

    def guesses(self) -> dict[str, np.ndarray]:
        """Return the baseline forecasts by name: (rows,) or (rows, horizon) values of the target column."""
        if self.target is None:
            return {}
        last = self.offsets.max() if self.horizon is None else np.full(self.horizon, self.offsets.max())
        offsets = {"the last value": last, "the same time of an earlier period": self.before}
        return {
            name: self.series[np.add.outer(self.starts, offset), self.target]
            for name, offset in offsets.items()
            if offset is not None
        }

    def numbers(self) -> np.ndarray:
        """Return the represented array: (rows, length, columns)."""
        return self.series[self.starts[:, None] + self.offsets]


def cut_to_windows(windows: Windows) -> Windows:
    """Return windows with only the part of their series that they see, in memory."""
    if len(windows) == 0:
        return windows
    first, end = windows.span
    parts = {name: getattr(windows, name) for name in ("owner", "since")}
    cut: dict[str, Any] = {name: None if one is None else np.array(one[first:end]) for name, one in parts.items()}
    cut["first"] = windows.first + first
    return replace(windows, series=np.array(windows.series[first:end]), starts=np.array(windows.starts) - first, **cut)


def step_at(offsets: np.ndarray, offset: int | np.ndarray | None) -> int | None:
    """Return the step of a window at an offset, or None if there is none, or several are given."""
    if isinstance(offset, np.ndarray):
        return None
    found = np.flatnonzero(offsets == offset)
    return int(found[0]) if len(found) else None


@dataclass(frozen=True)
class Passages:
    """Windows of a text and the tokens that follow, extracted only when their batch is needed.

    tokens: (tokens,) int32, the whole text, shared by all rows. starts: (rows,) int32. length: tokens in a window.
    every: whether the target is the next token at every position, or only after the window.
    words: the token of each number; "" represents all unknown tokens.
    """

    tokens: np.ndarray
    starts: np.ndarray
    length: int
    every: bool
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the represented array: (rows, length)."""
        return len(self.starts), self.length

    def take(self, rows: np.ndarray) -> Passages:
        """Return the selected rows, in the given order."""
        return replace(self, starts=self.starts[rows])

    def numbers(self) -> np.ndarray:
        """Return the represented array: (rows, length) int32."""
        return self.tokens[self.starts[:, None] + np.arange(self.length)]

    def following(self) -> np.ndarray:
        """Return the token after each window: (rows,) int32."""
        return self.tokens[self.starts + self.length]

    def wanted(self) -> np.ndarray:
        """Return the count of each token as a target, over all rows: (words,) int64."""
        if not self.every:
            return np.bincount(self.following(), minlength=len(self.words))
        edges = np.zeros(len(self.tokens) + 1, np.int64)
        np.add.at(edges, self.starts + 1, 1)
        np.add.at(edges, self.starts + self.length + 1, -1)
        times = np.cumsum(edges[:-1])
        return np.bincount(self.tokens, times, len(self.words)).astype(np.int64)
