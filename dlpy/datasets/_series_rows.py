"""The rows of a table of series: windows with targets to learn from, and windows to predict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.rows import PLACE, Loaded, Rows, Source, is_missing
from dlpy.data.stored.mapped_rows import changed, column_of, gathered, holds_for_any, rows_where
from dlpy.data.tables.frequency import Frequency
from dlpy.data.windows import cut_to_windows
from dlpy.datasets._series_columns import about, filled_notes
from dlpy.datasets._series_parts import last_rows
from dlpy.datasets._series_read import ReadSeries
from dlpy.datasets._series_record import Record
from dlpy.datasets._series_season import season_of
from dlpy.datasets._series_spans import in_one_segment, spans_of, windows_of
from dlpy.datasets._series_table import SeriesTable, known_targets
from dlpy.datasets._series_times import gap_notes

_AT_ONCE = 4096  # windows
_MOST_OF_A_SERIES = 2_000_000  # rows in which a seasonal period is looked for: the latest ones

if TYPE_CHECKING:
    from dlpy.datasets.timeseries_csv import TimeseriesCsv


def load(data: TimeseriesCsv, given: ReadSeries) -> Loaded:
    """Return the windows of a file with their targets.

    Raises:
        DataError: the file does not fit the options.
    """
    table, file, wanted = given.table, given.file, given.wanted
    record = without_future(table.record, table.observed)
    source = Source("file", f"{file.path}{given.about}")
    period = data.period or _season(data, table, record, source)
    chosen = data if period == data.period else data.model_copy(update={"period": period})
    found = chosen.loaded(record, source)
    train, test = (_with_targets(rows) for rows in (found.train, found.test))
    loaded, left_out = with_training_windows(chosen, replace(found, train=train or found.train, test=test))
    every = [*dict.fromkeys([*wanted.columns, *wanted.targets])]
    formats = given.formats
    notes = [*file.notes, about(table.line), *table.line.notes, *gap_notes(table.line)]
    notes += [*filled_notes(given.missing, every, data.missing)] if table.observed.all() else []
    notes += [f"left out, since they have no training windows: {', '.join(left_out)}"] if left_out else []
    notes += [f"seasonal period: {period:,} rows"] if period != data.period else []
    notes += [f"column '{name}': {form.described()}" for name, form in formats.items()]
    resolved: dict[str, object] = {"columns": wanted.columns, **file.format.stated()}
    resolved |= {"formats": data.formats | formats} if formats else {}
    resolved |= {"period": period} if period != data.period else {}
    resolved |= {"date_order": table.line.date_order} if table.line.date_order != data.date_order else {}
    return replace(loaded, resolved=resolved, notes=tuple(notes))


def with_training_windows(data: TimeseriesCsv, loaded: Loaded) -> tuple[Loaded, list[str]]:
    """Return the windows of the series of which some are training windows, and the names of the others."""
    windows, holdout = windows_of(loaded.train), data.validation
    if not windows.ids:
        return loaded, []
    learnt = windows if holdout is None or holdout.use else windows.take(data.divided(loaded, holdout)[0])
    is_known = np.isin(np.arange(len(windows.ids)), learnt.series_numbers)
    train, test = (rows if rows is None else _of_series(rows, is_known) for rows in (loaded.train, loaded.test))
    left_out = [name for name, known in zip(windows.ids, is_known.tolist(), strict=True) if not known]
    return replace(loaded, train=train or loaded.train, test=test), sorted(left_out)


def _of_series(rows: Rows, is_known: np.ndarray) -> Rows:
    """Return the windows of some series.

    Args:
        is_known: for each series whether its windows are kept: (series,) bool.
    """
    windows = windows_of(rows)
    if is_known[windows.series_numbers].all():
        return rows
    owners = windows.owners
    return rows.take(rows_where((0, len(rows)), lambda some: is_known[owners[some]], owners))


def every_window(data: TimeseriesCsv, given: ReadSeries) -> Rows:
    """Return all windows of a file to predict, whether their targets are in it or not."""
    return rows_to_predict(data, given.table, _every_anchor(data, given))


def every_window_with_targets(data: TimeseriesCsv, given: ReadSeries) -> Rows:
    """Return all windows of a file to predict, with the targets that are in it, and NaN for the others.

    Without times, the column PLACE holds the number that each target's row has in training, without rows of the future.
    """
    rows = every_window(data, given)
    anchors = changed(rows.index, lambda some: rows.index[some] - data.delay)
    known = known_targets(given.table.record, anchors, data.delay, data.horizon)
    places = _places(given.table, rows)
    return replace(rows, targets={"target": known}, columns=rows.columns | places)


def _places(table: SeriesTable, rows: Rows) -> dict[str, np.ndarray]:
    if table.record.times is not None or table.observed.all():
        return {}
    firsts = np.array([first for first, _ in spans_of(table.record.owner, len(table.observed))])
    future = np.concatenate([[0], np.cumsum(~table.observed)])[firsts]  # rows in the series before
    return {PLACE: rows.index - future[np.searchsorted(firsts, windows_of(rows).starts, "right") - 1]}


def windows_in_pieces(data: TimeseriesCsv, given: ReadSeries) -> Iterator[Rows]:
    """Yield all windows of a file to predict, some thousand at a time, with the part of the series that they see."""
    every = _every_anchor(data, given)
    for start in range(0, len(every), _AT_ONCE):
        rows = rows_to_predict(data, given.table, every[start : start + _AT_ONCE])
        yield rows.with_x(cut_to_windows(windows_of(rows)))


def _every_anchor(data: TimeseriesCsv, given: ReadSeries) -> np.ndarray:
    """Return the rows that follow the complete windows of a file to predict."""
    table = given.table
    record, observed, count = table.record, table.observed, len(table.record.values)
    if count < data.lookback:
        raise DataError(f"{given.path} has {given.count:,} rows; a window needs {data.lookback:,}.")

    def are_complete(anchors: np.ndarray) -> np.ndarray:
        whole = data.is_whole(record, anchors, -1)
        if not data.known:
            return whole
        last = np.minimum(anchors + data.last_step, count - 1)
        inside = anchors + data.last_step < count
        inside &= in_one_segment(record.breaks, anchors - 1, last)
        return whole & inside & observed[anchors - 1]

    read = record.values, record.breaks, record.since, record.until, observed
    return rows_where((data.lookback, count + 1), are_complete, *read)


def windows_with_targets(data: TimeseriesCsv, given: ReadSeries) -> Rows:
    """Return all windows of a file whose targets are in it, too."""
    record = given.table.record
    read = record.values, record.breaks, record.since, record.until
    anchors = rows_where(data.span(len(record.values)), lambda rows: data.is_whole(record, rows, data.last_step), *read)
    if len(anchors) == 0:
        needed = f"a window and its target need {data.lookback + data.last_step + 1:,}, without a gap"
        raise DataError(f"{given.path} has {given.count:,} rows; {needed}.")
    rows = data.rows_of(record, anchors)
    known = _with_targets(rows)
    return rows if known is None else known


def rows_to_predict(data: TimeseriesCsv, table: SeriesTable, anchors: np.ndarray) -> Rows:
    """Return the windows that end right before these rows, with the times of their first targets."""
    record, frequency, marks = table.record, table.line.frequency, {}
    if record.times is not None and frequency is not None and len(record.times) > 1:
        times = changed(anchors, lambda some: _first_times(record, frequency, anchors[some], data.delay), record.times)
        marks["time"] = times.view(np.int64)
    aims = changed(anchors, lambda some: anchors[some] + data.delay)
    return Rows({"input": data.windowed(record, anchors)}, {}, aims, marks)


def _first_times(record: Record, frequency: Frequency, anchors: np.ndarray, delay: int) -> np.ndarray:
    """Return the times of the first targets: those of their rows where the file has these, as clocks may change.

    Args:
        record: with times. anchors: the rows right behind the windows. delay: rows between a window and its target.
    """
    times = np.asarray(record.times)
    aims = np.minimum(anchors + delay, len(times) - 1)
    later = np.asarray(frequency.after(times[anchors - 1], delay + 1)).astype("datetime64[us]")
    is_there = (anchors + delay < len(times)) & in_one_segment(record.breaks, anchors - 1, aims)
    return np.where(is_there, times[aims], later)


def without_future(record: Record, observed: np.ndarray) -> Record:
    """Return a record without the rows in which only columns known in advance have values."""
    if observed.all():
        return record
    rows, place = np.flatnonzero(observed), np.cumsum(observed) - 1
    breaks = record.breaks if record.breaks is not None else np.empty(0, np.int64)
    kept = breaks[observed[breaks]]
    moved = {}
    if record.since is not None and record.until is not None:
        since, until = record.since[rows], np.minimum(record.until[rows], len(place) - 1)
        moved["since"] = np.where(since < 0, -1, place[np.maximum(since, 0)])
        moved["until"] = np.where(observed[until] & (record.until[rows] < len(place)), place[until], len(rows))
    arrays = {name: getattr(record, name) for name in ("values", "target", "times", "owner")}
    taken = {name: None if array is None else gathered(array, rows) for name, array in arrays.items()}
    return replace(record, **taken, **moved, breaks=place[kept])


def _season(data: TimeseriesCsv, table: SeriesTable, record: Record, source: Source) -> int | None:
    """Return the seasonal period of the training rows, if a window is long enough to hold it."""
    if record.column is None or data.targets is not None or len(data.forecast) > 1:
        return None
    series = spans_of(record.owner, len(record.values))
    parts, column, frequency = data.parts(series, source), record.column, table.line.frequency

    def training_numbers(span: tuple[int, int]) -> np.ndarray:
        latest = last_rows(parts.spans(0, span), _MOST_OF_A_SERIES)
        numbers = np.concatenate([np.empty(0), *(column_of(record.values[slice(*own)], column) for own in latest)])
        return numbers[~np.isnan(numbers)]

    found = season_of(map(training_numbers, series), frequency.seasons if frequency else ())
    if found is None or data.model_copy(update={"period": found}).before is None:
        return None
    return found


def _with_targets(rows: Rows | None) -> Rows | None:
    """Return the rows whose targets are all known."""
    if rows is None:
        return None
    if not any(holds_for_any(y, is_missing) for y in rows.targets.values()):
        return rows

    def are_known(some: np.ndarray) -> np.ndarray:
        return ~np.any([is_missing(y[some]) for y in rows.targets.values()], axis=0)

    return rows.take(rows_where((0, len(rows)), are_known, *rows.targets.values()))
