"""A table in a file as a record of series: columns in order of time, gaps and missing cells filled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlpy.data.stored.mapped_rows import (
    blocks_of,
    changed,
    column_of,
    empty_like,
    follow_each_other,
    give_back,
    holds_for_any,
    in_file,
    taken,
    unnamed,
)
from dlpy.datasets._series_columns import require_complete, require_first
from dlpy.datasets._series_gaps import Missing, filled, with_gap_rows
from dlpy.datasets._series_record import Record
from dlpy.datasets._series_spans import in_one_segment, spans_of
from dlpy.datasets._series_times import Located, Timeline, require_regular

Gaps = Literal["error", "allow", "fill"]
_AT_ONCE = 1_000_000  # rows whose missing cells are filled at once


@dataclass(frozen=True)
class Wanted:
    """What is read of a table.

    columns: of the windows. targets: to forecast; () to predict. known: known in advance. lead: the number of rows by
    which these are moved up. place: of the target among the columns. time: the column of timestamps.
    """

    columns: list[str]
    targets: list[str]
    known: list[str]
    lead: int
    place: int | None
    time: str | None
    gaps: Gaps
    missing: Missing
    may_lack_targets: bool = False  # whether cells of targets that are no columns may be missing in any case

    @property
    def every(self) -> list[str]:
        """The columns of the file that are read, each once."""
        return [*dict.fromkeys([*self.columns, *self.targets, *self.known])]

    @property
    def may_lack(self) -> set[str]:
        """The columns of which any cells may be missing, or be no numbers."""
        return {*self.targets} - {*self.columns} if self.may_lack_targets else set()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of the windows."""
        return (*self.columns, *(f"{name} {self.lead} rows later" for name in self.known))


@dataclass(frozen=True)
class SeriesTable:
    """The record of a file, and for each of its times the row of the timeline, or -1 in a filled gap."""

    record: Record
    line: Timeline
    observed: np.ndarray  # (times,) bool: false in rows of the future, in which only known columns have values


def series_table(
    file: Located, missing: Mapping[str, np.ndarray], line: Timeline, wanted: Wanted, values: np.ndarray
) -> SeriesTable:
    """Return the record of a file.

    Args:
        file: the file.
        missing: the rows of each column without a value, ascending.
        line: its times.
        wanted: what is read of it.
        values: (rows, columns) float64, the cells of `wanted.every`, in memory or in a file.

    Raises:
        DataError: a cell is missing and not to be filled; times are repeated or irregular.
    """
    every = wanted.every
    ahead = _future(values, [name not in wanted.known for name in every], line)
    own = [name for name in every if name not in wanted.known and name not in wanted.may_lack]
    require_complete(file, missing, own, wanted.missing, line.order[ahead])
    require_complete(file, missing, wanted.known, wanted.missing, np.empty(0, np.int64))
    require_first(file, missing, wanted.known, line)
    if wanted.gaps == "error" and wanted.time is not None:
        require_regular(file, wanted.time, line)
    rows, owner, times, breaks, observed = line.order, line.owner, line.times, line.breaks, ~ahead
    if wanted.gaps == "fill" and times is not None and len(line.rows_of_step(lambda steps: steps > 1)):
        source, times, breaks = with_gap_rows(line)
        rows, owner = np.where(source < 0, -1, line.order[source]), line.owner[np.maximum.accumulate(source)]
        observed = np.logical_not((source >= 0) & ahead[source])
    elif wanted.gaps == "fill" and times is not None:
        breaks = breaks[line.steps[breaks] < 1]
    whole = _in_order(values, rows)
    made = _columns(whole, every, wanted, breaks)
    places = [every.index(name) for name in wanted.targets]
    record = Record(
        values=made.values,
        target=changed(whole, lambda some: whole[some, places[0]] if len(places) == 1 else whole[some][:, places]),
        column=wanted.place,
        times=times,
        breaks=made.breaks if line.ids or times is not None or len(made.breaks) else None,
        names=wanted.names,
        owner=owner if line.ids else None,
        ids=line.ids,
        since=made.since,
        until=made.until,
    )
    return SeriesTable(record, line, observed)


def _in_order(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows of an array in the given order; -1 stands for a row of NaN."""
    if in_file(values) and len(rows) == len(values) and follow_each_other(rows):
        return values
    shape = len(rows), values.shape[1]
    made = unnamed(shape, values.dtype) if in_file(values) else np.empty(shape)
    for some in blocks_of(made):
        found = taken(values, np.maximum(rows[some], 0))
        made[some] = np.where(rows[some, None] < 0, np.nan, found)
        give_back(rows)
    return made


@dataclass(frozen=True)
class _Made:
    """The columns of the windows; since, until, breaks: see `Record`."""

    values: np.ndarray
    since: np.ndarray | None
    until: np.ndarray | None
    breaks: np.ndarray


def _columns(whole: np.ndarray, every: list[str], wanted: Wanted, breaks: np.ndarray) -> _Made:
    """Return the columns of the windows, filled, with the columns known in advance moved up."""
    places = [every.index(name) for name in (*wanted.columns, *wanted.known)]
    values = changed(whole, lambda some: whole[some][:, places])
    count = len(wanted.columns)
    lacks = [holds_for_any(values, lambda some, place=place: np.isnan(some[:, place])) for place in range(count)]
    how = "previous" if wanted.missing == "error" else wanted.missing  # rows inserted in gaps are filled in any case
    made = _filled(values, np.flatnonzero(lacks), breaks, how) if any(lacks) else _Made(values, None, None, breaks)
    for place in range(count, count + len(wanted.known)):
        known = filled(column_of(values, place)[:, None], breaks, "previous").values[:, 0]
        later = np.full_like(known, np.nan)
        later[: max(0, len(known) - wanted.lead)] = known[wanted.lead :]
        _put(values, place, later)
    return made


def _filled(values: np.ndarray, places: np.ndarray, breaks: np.ndarray, how: Missing) -> _Made:
    """Return columns with the missing cells of some of them filled, stretch by stretch between breaks.

    Args:
        values: all columns, which are changed.
        places: of those that lack cells.
    """
    since, until = (empty_like(values[:, 0], np.int64) for _ in range(2))
    cuts = [breaks]
    for first, end in _stretches(breaks, len(values)):
        own = breaks[slice(*np.searchsorted(breaks, [first + 1, end]))] - first
        numbers = np.array(values[first:end, places])
        if how == "drop":
            numbers = np.where(np.isnan(numbers).any(axis=1), np.nan, 0.0)[:, None]
        found = filled(numbers, own, how)
        if how != "drop":
            values[first:end, places] = found.values
        since[first:end] = np.where(found.since < 0, -1, found.since + first)
        until[first:end] = np.where(found.until == end - first, len(values), found.until + first)
        cuts.append(found.breaks + first)
        give_back(values, since, until)
    return _Made(values, since, until, np.unique(np.concatenate(cuts)) if how == "drop" else breaks)


def _stretches(breaks: np.ndarray, rows: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of many rows that end at breaks; without breaks, all rows."""
    first = 0
    while first < rows:
        later = breaks[np.searchsorted(breaks, first + _AT_ONCE) :][:1]
        end = int(later[0]) if len(later) else rows
        yield first, end
        first = end


def _put(array: np.ndarray, place: int, column: np.ndarray) -> None:
    """Replace a column of an array."""
    for some in blocks_of(array):
        array[some, place] = column[some]


def _future(values: np.ndarray, unknown: list[bool], line: Timeline) -> np.ndarray:
    """Return the rows at the end of each series in which only columns known in advance have values: (rows,) bool."""
    found = np.zeros(len(values), bool)
    if all(unknown):
        return found
    empty = np.empty(len(values), bool)
    for some in blocks_of(values):
        empty[some] = np.all(np.isnan(values[some][:, unknown]), axis=1)
    empty = empty[line.order]
    for first, end in spans_of(line.owner, len(values)):
        found[first:end] = np.logical_and.accumulate(empty[first:end][::-1])[::-1]
    return found


def known_targets(record: Record, anchors: np.ndarray, delay: int, horizon: int | None) -> np.ndarray:
    """Return the targets of windows, (rows,) or (rows, targets) float32; NaN behind the end of a gap-free segment.

    Args:
        record: with targets. anchors: the rows right behind the windows. delay, horizon: of the dataset.
    """
    count = len(record.target)
    steps, target = np.arange(horizon or 1), record.target.reshape(count, -1)

    def found(some: slice) -> np.ndarray:
        rows = anchors[some, None] + delay + steps
        there = np.minimum(rows, count - 1)
        known = rows < count
        known &= in_one_segment(record.breaks, anchors[some, None] - 1, there)
        own = target[there].astype(np.float32)  # (windows, steps, targets)
        return np.where(known[:, :, None], own, np.float32(np.nan)).reshape(len(rows), len(steps) * target.shape[1])

    made = changed(anchors, found, target)
    return made[:, 0] if horizon is None and record.target.ndim == 1 else made
