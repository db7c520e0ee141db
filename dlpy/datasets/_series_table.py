"""A table in a file as a record of series: columns in order of time, gaps and missing cells filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dlpy.data.stored.mapped_rows import blocks_of, changed, column_of, give_back, in_file, unnamed
from dlpy.data.tables.column_types import Column
from dlpy.datasets._series_columns import require_complete, require_first
from dlpy.datasets._series_gaps import Missing, filled, with_gap_rows
from dlpy.datasets._series_record import Record
from dlpy.datasets._series_spans import segments_at, spans_of
from dlpy.datasets._series_times import Located, Timeline, require_regular

Gaps = Literal["error", "allow", "fill"]


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
    file: Located, columns: Mapping[str, Column], line: Timeline, wanted: Wanted, values: np.ndarray
) -> SeriesTable:
    """Return the record of a file.

    Args:
        file, columns: of the file; of the columns, only which of their cells are missing.
        line: its times.
        wanted: what is read of it.
        values: (rows, columns) float64, the cells of `wanted.every`, in memory or in a file.

    Raises:
        DataError: a cell is missing and not to be filled; times are repeated or irregular.
    """
    every = wanted.every
    ahead = _future(values, [name not in wanted.known for name in every], line)
    lacking = {*wanted.targets} - {*wanted.columns} if wanted.may_lack_targets else set()
    own = [name for name in every if name not in wanted.known and name not in lacking]
    require_complete(file, columns, own, wanted.missing, set(line.order[ahead].tolist()))
    require_complete(file, columns, wanted.known, wanted.missing, set())
    require_first(file, columns, wanted.known, line)
    if wanted.gaps == "error" and wanted.time is not None:
        require_regular(file, wanted.time, line)
    source, times, breaks = np.arange(len(values)), line.times, line.breaks
    if wanted.gaps == "fill" and line.times is not None:
        source, times, breaks = with_gap_rows(line)
    whole = _in_order(values, np.where(source < 0, -1, line.order[source]))
    owner = line.owner[np.maximum.accumulate(source)]
    observed = np.logical_not((source >= 0) & ahead[source])
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
        since=made.since if made.is_filled else None,
        until=made.until if made.is_filled else None,
    )
    return SeriesTable(record, line, observed)


@dataclass(frozen=True)
class _Made:
    values: np.ndarray
    since: np.ndarray
    until: np.ndarray
    breaks: np.ndarray
    is_filled: bool


def _in_order(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows of an array in the given order; -1 stands for a row of NaN."""
    if in_file(values) and len(rows) == len(values) and (rows == np.arange(len(rows))).all():
        return values
    shape = len(rows), values.shape[1]
    made = unnamed(shape, values.dtype) if in_file(values) else np.empty(shape)
    for some in blocks_of(made):
        made[some] = np.where(rows[some, None] < 0, np.nan, values[rows[some]])
        give_back(values)
    return made


def _columns(whole: np.ndarray, every: list[str], wanted: Wanted, breaks: np.ndarray) -> _Made:
    """Return the columns of the windows, filled, with the columns known in advance moved up."""
    places = [every.index(name) for name in (*wanted.columns, *wanted.known)]
    values = changed(whole, lambda some: whole[some][:, places])
    rows, count = np.arange(len(whole)), len(wanted.columns)
    missing = [np.isnan(column_of(values, place)) for place in range(count)]
    with_gaps = [place for place in range(count) if missing[place].any()]
    how = "previous" if wanted.missing == "error" else wanted.missing  # rows inserted in gaps are filled in any case
    made = _Made(values, rows, rows, breaks, bool(with_gaps))
    if with_gaps and how == "drop":
        gone = np.any(missing, axis=0)
        kept = filled(np.where(gone, np.nan, 0.0)[:, None], breaks, how)
        made = replace(made, since=kept.since, until=kept.until, breaks=kept.breaks)
    elif with_gaps:
        for place in with_gaps:
            found = filled(column_of(values, place)[:, None], breaks, how)
            _put(values, place, found.values[:, 0])
            since, until = np.minimum(made.since, found.since), np.maximum(made.until, found.until)
            made = replace(made, since=since, until=until)
    for place in range(count, count + len(wanted.known)):
        known = filled(column_of(values, place)[:, None], breaks, "previous").values[:, 0]
        later = np.full_like(known, np.nan)
        later[: max(0, len(known) - wanted.lead)] = known[wanted.lead :]
        _put(values, place, later)
    return made


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
        known &= segments_at(record.breaks, there) == segments_at(record.breaks, anchors[some, None] - 1)
        own = target[there].astype(np.float32)  # (windows, steps, targets)
        return np.where(known[:, :, None], own, np.float32(np.nan)).reshape(len(rows), -1)

    made = changed(anchors, found, target)
    return made[:, 0] if horizon is None and record.target.ndim == 1 else made
