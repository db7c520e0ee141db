"""A table in a file as a record of series: columns in order of time, gaps and missing cells filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.datasets._series import Record
from dlpy.datasets._series_columns import numbers, require_complete, require_first
from dlpy.datasets._series_gaps import Missing, filled, with_gap_rows
from dlpy.datasets._series_spans import segments, spans_of
from dlpy.datasets._series_times import Timeline, require_regular

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
    may_lack_targets: bool = (
        False  # whether cells of targets that are no columns may be missing, whatever `missing` says
    )

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


def series_table(file: CsvFile, columns: Mapping[str, Column], line: Timeline, wanted: Wanted) -> SeriesTable:
    """Return the record of a file.

    Raises:
        DataError: a cell is not a number, or is missing and not to be filled; times are repeated or irregular.
    """
    every = [*dict.fromkeys([*wanted.columns, *wanted.targets, *wanted.known])]
    values = numbers(file, columns, every)[line.order]
    future = _future(values, [name not in wanted.known for name in every], line) if wanted.known else None
    ahead = np.zeros(len(values), bool) if future is None else future
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
    whole = np.where(source[:, None] < 0, np.nan, values[source])
    owner = line.owner[np.maximum.accumulate(source)]
    observed = np.logical_not((source >= 0) & ahead[source])
    made = _columns(whole, every, wanted, breaks)
    target = whole[:, [every.index(name) for name in wanted.targets]]
    record = Record(
        values=made.values,
        target=target[:, 0] if len(wanted.targets) == 1 else target,
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


def _columns(whole: np.ndarray, every: list[str], wanted: Wanted, breaks: np.ndarray) -> _Made:
    """Return the columns of the windows, filled, with the columns known in advance moved up."""
    own = whole[:, [every.index(name) for name in wanted.columns]]
    how = "previous" if wanted.missing == "error" else wanted.missing  # rows inserted in gaps are filled in any case
    made = filled(own, breaks, how)
    values = made.values
    if wanted.known:
        known = filled(whole[:, [every.index(name) for name in wanted.known]], breaks, "previous").values
        later = np.full_like(known, np.nan)
        later[: max(0, len(known) - wanted.lead)] = known[wanted.lead :]
        values = np.concatenate([values, later], axis=1)
    return _Made(values, made.since, made.until, made.breaks, bool(np.isnan(own).any()))


def _future(values: np.ndarray, unknown: list[bool], line: Timeline) -> np.ndarray:
    """Return the rows at the end of each series in which only columns known in advance have values: (rows,) bool."""
    empty = np.all(np.isnan(values[:, unknown]), axis=1)
    found = np.zeros(len(values), bool)
    for first, end in spans_of(line.owner, len(values)):
        own = empty[first:end]
        found[first:end] = np.logical_and.accumulate(own[::-1])[::-1]
    return found


def known_targets(record: Record, anchors: np.ndarray, delay: int, horizon: int | None) -> np.ndarray:
    """Return the targets of windows, (rows,) or (rows, targets) float32; NaN behind the end of a gap-free segment.

    Args:
        record: with targets. anchors: the rows right behind the windows. delay, horizon: of the dataset.
    """
    count = len(record.target)
    segment = segments(record.breaks if record.breaks is not None else np.empty(0, np.int64), count)
    steps = np.arange(horizon or 1)
    rows = anchors[:, None] + delay + steps
    there = np.minimum(rows, count - 1)
    known = (rows < count) & (segment[there] == segment[anchors - 1][:, None])
    target = record.target.reshape(count, -1)[there].astype(np.float32)  # (windows, steps, targets)
    found = np.where(known[:, :, None], target, np.float32(np.nan)).reshape(len(anchors), -1)
    return found[:, 0] if horizon is None and record.target.ndim == 1 else found
