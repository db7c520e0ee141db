"""The times of one or several series in a table: read, sorted, and their frequency, repeats and gaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.stored.mapped_rows import changed, gathered, give_back, rows_where
from dlpy.data.tables import timestamps
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import Dates
from dlpy.data.tables.frequency import Frequency, frequency_of
from dlpy.datasets._series_order import Stretches, in_time_order, owners_of, rows_by_series
from dlpy.datasets._series_spans import spans_of
from dlpy.datasets._series_stamps import read_dates
from dlpy.datasets._table_options import DateOrder, no_column

_NEARLY_ALL = 0.9


class Located(Protocol):
    """A table, in memory or not, whose cells are named in messages."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    def __len__(self) -> int: ...

    def cell(self, row: int, name: str) -> str:
        """Return a cell as written."""
        ...

    def where(self, row: int, name: str) -> str:
        """Return the place of a cell for messages."""
        ...


@dataclass(frozen=True)
class Timeline:
    """The rows of a file in order of series and time.

    order: (rows,) int64, rows of the file. owner: (rows,) int64, the number of each row's series. ids: names of the
    series; () for a single one. times: (rows,) datetime64[us], or None. steps: (rows,) int64, steps in time since the
    row before; 0 if the time is repeated or the row is the first of its series. frequency: None without times.
    date_order: whether 01/02/2016 was read with the day or the month first; auto where it makes no difference.
    notes: lines about sorting and changes of the clock.
    """

    order: np.ndarray
    owner: np.ndarray
    ids: tuple[str, ...]
    times: np.ndarray | None
    steps: np.ndarray
    frequency: Frequency | None
    date_order: DateOrder = "auto"
    notes: tuple[str, ...] = ()
    is_local: bool = False  # the clock is changed within it

    @property
    def first(self) -> np.ndarray:
        """For each row whether it is the first of its series: (rows,) bool."""
        found = np.zeros(len(self.owner), np.bool_)
        found[self.starts] = True
        return found

    @property
    def starts(self) -> np.ndarray:
        """The first row of each series: (series,) int64."""
        return np.array([first for first, _ in spans_of(self.owner, len(self.owner))])

    @property
    def breaks(self) -> np.ndarray:
        """The rows that do not follow the row before by one step: after a gap, repeated, or of another series."""
        starts = self.starts[1:]
        return starts if self.times is None else np.union1d(starts, self.rows_of_step(lambda steps: steps != 1))

    def rows_of_step(self, holds: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return the rows, but for the first of each series, of whose steps a condition holds: (rows,) int64."""
        found = rows_where((1, len(self.steps)), lambda rows: holds(self.steps[rows]), self.steps)
        return np.setdiff1d(found, self.starts)

    def series(self, row: int) -> str:
        """Return the name of a row's series for messages, with a comma in front; empty for a single series."""
        return f" in series '{self.ids[self.owner[row]]}'" if self.ids else ""


def timeline_of(file: CsvFile, time: str | None, of: Sequence[str] | None, order: DateOrder = "auto") -> Timeline:
    """Return the timeline of a file.

    Args:
        time: the column of timestamps; None takes rows in file order.
        of: the columns that together name the series of each row, if there are several.
        order: whether 01/02/2016 starts with the day or the month.

    Raises:
        DataError: a timestamp or a name is missing or cannot be read.
    """
    ids, owner = _owners(file, of)
    return arranged(None if time is None else read_dates(file, time, order), ids, owner)


def arranged(dates: Dates | None, ids: tuple[str, ...], owner: np.ndarray) -> Timeline:
    """Return the timeline of rows.

    Args:
        dates: their times, if they have any.
        ids: the names of the series; () for a single one.
        owner: (rows,) int64, the number of each row's series.
    """
    by_series, spans = rows_by_series(owner)
    owner = owners_of(spans, owner)
    if dates is None:
        return Timeline(by_series, owner, ids, None, _filled(owner, 1), None)
    found = in_time_order(dates.times, by_series, spans)
    frequency = frequency_of(Stretches(found.even, spans))
    steps = _filled(owner, 0)
    for first, end in Stretches(found.even, spans).places():
        steps[first + 1 : end] = frequency.steps(found.even[first:end])
        give_back(found.even, steps)
    chosen: DateOrder = "auto" if not dates.has_order else "month_first" if dates.month_first else "day_first"
    notes = (*_sorted_notes(found.rows, owner), *_clock_notes(found.changes))
    times = found.even if not found.changes else gathered(dates.times, found.rows)
    return Timeline(found.rows, owner, ids, times, steps, frequency, chosen, notes, found.changes > 0)


def _filled(owner: np.ndarray, number: int) -> np.ndarray:
    """Return a number for each row: (rows,) int64, in a file if their owners are in one."""
    return changed(owner, lambda some: np.full(len(owner[some]), number, np.int64))


def require_regular(file: Located, name: str, line: Timeline) -> None:
    """Raise DataError if a time is repeated or rows are missing."""
    allow = "or set data.gaps: allow to drop the windows that cross it"
    found = line.times
    if found is None:
        return
    repeated = line.rows_of_step(lambda steps: steps == 0)
    same = repeated[found[repeated] == found[repeated - 1]]
    if len(same):
        row = int(same[0])
        text = file.cell(int(line.order[row]), name)
        where = f"{file.where(int(line.order[row]), name)}: {text} occurs twice{line.series(row)}"
        another = "list another column in data.id that tells series apart, "
        several = another if line.ids else "name the columns that tell several series apart in data.id, "
        raise DataError(f"{where}. Keep one of the two rows, {several}{allow}.")
    for note in gap_notes(line):
        raise DataError(f"{file.path}: {note}. Fill in the missing rows, set data.gaps: fill, {allow}.")


def gap_notes(line: Timeline) -> list[str]:
    """Return a line about the number of gaps and where they are; empty if there are none."""
    if line.times is None:
        return []
    found = line.rows_of_step(lambda steps: steps != 1)
    if not len(found):
        return []
    first = int(found[0])
    count = "one gap" if len(found) == 1 else f"{len(found):,} gaps, the first"
    ends = [timestamps.stamp(line.times[row]) for row in (first - 1, first)]
    where = f"{ends[0]} and {ends[1]} (row {first:,}){line.series(first)}"
    return [f"{count} between {where}; rows are {line.frequency} apart"]


def _owners(file: CsvFile, of: Sequence[str] | None) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the series, and the number of each row's series."""
    if of is None:
        return (), np.zeros(len(file), np.int64)
    names, owner = np.unique(np.array(names_of_series(file, of)), return_inverse=True)
    return tuple(names.tolist()), owner.reshape(-1).astype(np.int64)


def names_of_series(file: CsvFile, of: Sequence[str]) -> list[str]:
    """Return the name of each row's series: the cells of the columns that name it, such as "north / 12".

    Raises:
        DataError: there is no such column, or a cell is missing.
    """
    columns = [_names_in(file, name) for name in of]
    return columns[0] if len(columns) == 1 else [" / ".join(cells) for cells in zip(*columns, strict=True)]


def _names_in(file: CsvFile, of: str) -> list[str]:
    if of not in file.names:
        raise no_column(file, "id", of)
    texts = file.texts(of)
    if "" in texts:
        raise DataError(
            f"{file.where(texts.index(''), of)}: the cell is missing. Each row needs the name of its series."
        )
    return texts


def _clock_notes(changes: int) -> list[str]:
    """Return a line about changes of the clock; empty if there are none."""
    times_changed = "once" if changes == 1 else f"{changes} times"
    return [f"times are local: the clock is changed {times_changed}"] if changes else []


def _sorted_notes(rows: np.ndarray, owner: np.ndarray) -> list[str]:
    """Return a line that says that rows were sorted by time, if they were not in order."""

    def go_back(some: np.ndarray) -> np.ndarray:
        return (rows[some] < rows[some - 1]) & (owner[some] == owner[some - 1])

    back = rows_where((1, len(rows)), go_back, rows, owner)
    if not len(back):
        return []
    newest = len(back) > _NEARLY_ALL * len(rows)
    count = "one row was" if len(back) == 1 else f"{len(back):,} rows were"
    return ["rows sorted by time: " + ("the newest came first" if newest else f"{count} earlier than the row before")]
