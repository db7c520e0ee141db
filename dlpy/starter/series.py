"""Generates a forecasting experiment file for a table whose rows are one or several series."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables import timestamps
from dlpy.data.tables.csv_file import CsvFile
from dlpy.datasets._series_read import of_file
from dlpy.datasets._series_rows import load
from dlpy.datasets._series_spans import windows_of
from dlpy.datasets._series_times import Timeline as SeriesTimeline
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.starter.blocks import SERIES_MODEL, Fit, first_file, values_of
from dlpy.starter.sample import Sampled, counted_rows, memory_options, rows_in, sample_notes
from dlpy.starter.timeline import LEAST_ROWS, Timeline
from dlpy.starter.windows import Window, windows_for
from dlpy.starter.wording import Option, plural, relative
from dlpy.training.pipeline import split

_FEWEST_WINDOWS = 5  # per split
_FEWEST_KEPT = 0.5  # of the windows, after those across gaps are dropped
_MOST_KEPT = 0.9  # of the windows: if fewer cross no gap, the missing rows are inserted
_FEW_INSERTED = 0.1  # of the rows


def experiment_for_series(
    file: CsvFile, output: Path, source: list[Option], timeline: Timeline, about: list[str]
) -> tuple[str, list[str]] | None:
    """Return a forecasting experiment file and the notes at its top, or None if no window fits.

    Args:
        source: the options that name the target, the columns and the delimiter.
        about: further comments at the top.
    """
    for data, title, notes in _attempts(file, output, source, timeline):
        if _fits(file, data, timeline.line):
            span = [" to ".join(timestamps.span(timeline.times))] if len(timeline.times) else []
            told = [title, *span, *_about_sample(file), *notes]
            return first_file([*told, *about], output, data, SERIES_MODEL, Fit(rows_in(file))), told
    return None


def _about_sample(file: CsvFile) -> list[str]:
    """Return notes on what was looked at of a large file, and on what only all rows can show."""
    if not isinstance(file, Sampled):
        return []
    whole = "The step, the gaps and the series are those of these rows: dlpy check --data reads all rows"
    return [*sample_notes(file), whole]


def by_hand(file: CsvFile, name: str, target: str) -> str:
    """Return how to write an experiment for a series that is too short to choose a window for."""
    return (
        f"dlpy new needs at least {LEAST_ROWS} rows for a series, and this table has {len(file):,}. By hand: "
        f"data: {{name: timeseries_csv, path: {file.path.name}, time: {name}, target: {target}, lookback: 4, delay: 0}}"
    )


def _attempts(
    file: CsvFile, output: Path, source: list[Option], timeline: Timeline
) -> Iterator[tuple[list[Option], str, list[str]]]:
    """Yield data blocks to try, best first, each with its title and comments."""
    if not len(timeline.times):
        why = "There is no other column to predict it from: the rows are taken for a series, in their order"
        for window in windows_for(len(file), None, ()):
            yield _block(file, output, [*source, *_options(window, None)], window), _title(file, source, "1 row"), [why]
        return
    if timeline.line is not None and timeline.line.frequency is not None:
        for window in windows_for(_rows_of_each(file, timeline.line), timeline.line.frequency, timeline.seasons):
            for gaps in _gaps(timeline, source, window):
                options = [*_stamped(file, timeline), *source, *gaps, *_options(window, timeline)]
                ahead = _ahead(window, timeline)
                yield _block(file, output, options, window), _title(file, source, ahead), [*timeline.notes]
    why = f"Column {timeline.name} {_why_not(timeline)}: rows are used in order, regardless of their times"
    for window in windows_for(len(file), None, ()):
        yield _block(file, output, [*source, *_options(window, None)], window), _title(file, source, "1 row"), [why]


def _rows_of_each(file: CsvFile, line: SeriesTimeline) -> int:
    """Return about how many rows a series has.

    Of a large file with series one below the other, only some are seen: those of its first rows that are whole count.
    """
    if isinstance(file, Sampled) and len(line.ids) > 1:
        owner = np.empty(len(line.order), np.int64)
        owner[line.order] = line.owner
        first = owner[file.places_of(np.arange(len(owner))) == 1]
        begins = np.flatnonzero(np.diff(first)) + 1
        if len(begins) > 1 and len(begins) < len(np.unique(first)):
            return int(np.diff(begins).max())
    return rows_in(file) // (len(line.ids) or 1)


def _stamped(file: CsvFile, timeline: Timeline) -> list[Option]:
    """Return the options that name the times and the series."""
    line = timeline.line
    if line is None:
        return []
    order = [Option("date_order", line.date_order)] if line.date_order == "month_first" else []
    count = f"{'at least ' * isinstance(file, Sampled)}{len(line.ids):,} series"
    of = [Option("id", timeline.id[0] if len(timeline.id) == 1 else [*timeline.id], f"{count}, each on its own scale")]
    return [Option("time", timeline.name, f"{line.frequency} apart"), *order, *(of if timeline.id else [])]


def _gaps(timeline: Timeline, source: list[Option], window: Window) -> list[list[Option]]:
    """Return the options to try for gaps, best first: windows that cross one dropped, and the missing rows inserted.

    Rows are inserted first where they are few, and too many windows would be dropped, or the last one of a series.
    """
    line = timeline.line
    if line is None or not np.any((line.steps != 1) & ~line.first):
        return [[]]
    rows = int(np.sum(line.steps[~line.first & (line.steps > 1)] - 1))
    kept = _kept(line, window)
    told = plural(int(np.count_nonzero((line.steps != 1) & ~line.first)), "gap")
    filled = (
        [] if any(option.key == "missing" for option in source) else [Option("missing", "previous", "their values")]
    )
    is_cut = _ends_across_gap(line, window)
    without = "; with allow, the next rows of a series could not be predicted" if is_cut else ""
    without = f"; allow would keep {kept:.0%} of the windows" if kept < _MOST_KEPT else without
    inserted = Option("gaps", "fill", f"{told}: {plural(rows, 'missing row')} inserted, no targets{without}")
    allowed = [Option("gaps", "allow", f"{told}: no window crosses one, {kept:.0%} are kept")]
    best = [[inserted, *filled], allowed]
    return best if (is_cut or kept < _MOST_KEPT) and rows <= _FEW_INSERTED * len(line.steps) else best[::-1]


def _ends_across_gap(line: SeriesTimeline, window: Window) -> bool:
    """Return whether the last window of a series crosses a gap, so that its next rows could not be predicted."""
    ends = np.append(np.flatnonzero(line.first)[1:], len(line.steps))
    gaps = np.flatnonzero((line.steps != 1) & ~line.first)
    return bool(np.any((gaps[:, None] > ends - window.lookback) & (gaps[:, None] < ends)))


def _kept(line: SeriesTimeline, window: Window) -> float:
    """Return the share of windows that cross no gap."""
    needed = window.lookback + window.delay + (window.horizon or 1)
    count = len(line.steps)
    stretches, series = (
        np.diff(np.concatenate([[0], breaks, [count]])) for breaks in (line.breaks, np.flatnonzero(line.first)[1:])
    )
    whole, every = (np.maximum(lengths - needed + 1, 0).sum() for lengths in (stretches, series))
    return float(whole / max(1, every))


def _why_not(timeline: Timeline) -> str:
    if timeline.line is None:
        return "has a format that timeseries_csv cannot read"
    breaks = int(np.count_nonzero((timeline.line.steps != 1) & ~timeline.line.first))
    return f"has {plural(breaks, 'gap')}" if breaks else "leaves no room for a window"


def _ahead(window: Window, timeline: Timeline) -> str:
    """Return what is predicted in words, such as "the next 24 rows (1 hour apart)"."""
    frequency = timeline.line.frequency if timeline.line is not None else None
    if window.horizon is not None:
        return f"for the next {window.horizon} rows, {frequency} apart"
    if frequency is None or frequency.kind != "fixed":
        return f"{frequency or '1 row'} ahead"
    return f"{timestamps.spelled(np.timedelta64((window.delay + window.step) * frequency.count, 'us'))} ahead"


def _title(file: CsvFile, source: list[Option], ahead: str) -> str:
    target = next(option.value for option in source if option.key == "target")
    when = ahead if ahead.endswith(("ahead", "apart")) else f"{ahead} ahead"
    return f"Predicts {target} {when}, from {file.path.name} ({counted_rows(file)})."


def _options(window: Window, timeline: Timeline | None) -> list[Option]:
    """Return the options that describe a window and its targets."""
    season = "one season" if window.period is not None else "the next rows"
    horizon = Option("horizon", window.horizon, f"rows to predict at once: {season}")
    delay = Option("delay", window.delay, "rows between the window and its target")
    return [
        Option("lookback", window.lookback, "rows in the lookback window"),
        *([Option("step", window.step, "every nth of them is used")] if window.step > 1 else []),
        *([horizon] if window.horizon is not None else [delay]),
    ]


def _block(file: CsvFile, output: Path, options: list[Option], window: Window) -> list[Option]:
    return [
        Option("name", "timeseries_csv"),
        Option("path", relative(file.path, output)),
        *options,
        *memory_options(file),
        Option("difference", "scaled", "predict the change since the last value, in steps of the window"),
        Option("transforms", ["standardize"], "mean and deviation of the training rows"),
        Option("windows", "across_parts", "held-out rows are predicted from the rows before them, of any part"),
        Option("test", window.share, "the last rows, held out for dlpy evaluate"),
        Option("validation", window.share, "the rows before these, monitored during training"),
    ]


def _fits(file: CsvFile, data: list[Option], line: SeriesTimeline | None) -> bool:
    """Return whether every split has enough windows, and gaps remove at most half of them.

    Of a large file, of which some places are looked at, that is not known.
    """
    if isinstance(file, Sampled):
        return True
    dataset = TimeseriesCsv.model_validate(values_of(data))
    try:
        loaded = load(dataset, of_file(dataset, file, line if dataset.time is not None else None))
        parts = split(dataset, loaded)
    except DataError:
        return False
    counts = [len(rows) for rows in (parts.train, parts.validation, parts.test) if rows is not None]
    series = len(windows_of(loaded.train).series_numbers)
    most = len(file) - 3 * series * (dataset.lookback + dataset.last_step)
    return min(counts) >= (_FEWEST_WINDOWS if len(file) >= LEAST_ROWS else 1) and sum(counts) >= _FEWEST_KEPT * most
