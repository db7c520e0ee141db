"""Generates a forecasting experiment file for a table whose rows are in time order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables import timestamps
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import Dates, dates_of
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.starter.blocks import SERIES_MODEL, Fit, first_file, values_of
from dlpy.starter.wording import Option, plural, relative
from dlpy.training.pipeline import split

LEAST_ROWS = 60
_FEWEST_WINDOWS = 5  # per split
_FEWEST_KEPT = 0.5  # of the windows, after those across gaps are dropped
_STEPS_FORWARD = 0.95  # of the rows, later than the row before
_SHARE = 0.15  # of the rows, held out
_FEW = 4.5  # rows to hold out of a short series: a window and its targets
_MONTH = 2_629_746  # seconds, on average


@dataclass(frozen=True)
class Timeline:
    """The time stamps of a series, none for rows that are one only by their order.

    readable: whether timeseries_csv can read the column. notes: comments on minor problems. clock: a second column,
    with the time of day.
    """

    name: str
    times: np.ndarray
    readable: bool
    notes: tuple[str, ...] = ()
    clock: str = ""


def trouble(file: CsvFile, name: str, dates: Dates) -> str:
    """Return why a column of dates cannot be the time stamps of a series, with its line; empty if it can."""
    texts = file.texts(name)
    if dates.doubtful:
        return f"'{texts[0]}' may start with the day or with the month: write dates as 2016-12-31"
    if len(dates.bad):
        row = int(dates.bad[0])
        what = f"'{texts[row]}' is not a time stamp" if texts[row] else "the time stamp is missing"
        return f"line {file.body.line(row)}: {what}"
    if len(dates.backward):
        row = int(dates.backward[0])
        newest = len(dates.backward) > len(texts) / 2
        how = "the newest row is first: sort the rows, oldest first" if newest else "sort the rows by time"
        return f"line {file.body.line(row)}: {texts[row]} is earlier than {texts[row - 1]} before it; {how}"
    if len(dates.repeated) > (1 - _STEPS_FORWARD) * len(texts):
        row = int(dates.repeated[0])
        count = plural(len(dates.repeated), "row")
        return f"line {file.body.line(row)}: {texts[row]} is repeated ({count} with the same time as the row before)"
    return ""


def timeline_of(file: CsvFile, name: str, dates: Dates) -> Timeline:
    """Return the timeline of a column whose only problems are a few repeats and gaps."""
    texts = file.texts(name)
    times, wrong = timestamps.times_of(texts)
    readable = wrong is None and np.array_equal(times, dates.times)
    notes = []
    for row in dates.repeated[:1]:
        more = f" ({plural(len(dates.repeated), 'such row')})" if len(dates.repeated) > 1 else ""
        text = f"line {file.body.line(int(row))}: {texts[row]} is repeated{more}"
        notes.append(f"Column {name} has a repeated time stamp: {text}; no window crosses it")
    return Timeline(name, dates.times, readable, tuple(notes))


def joined(file: CsvFile, name: str, clock: str) -> Timeline | None:
    """Return the timeline of a column of days and a column of times of day, if it ascends."""
    hours = [text if ":" in text else f"{text}:00" for text in file.texts(clock)]
    dates = dates_of([f"{day} {hour}" for day, hour in zip(file.texts(name), hours, strict=True)])
    if dates.doubtful or len(dates.bad) or len(dates.backward) or len(dates.repeated):
        return None
    return Timeline(f"{name} with {clock}", dates.times, readable=False, clock=clock)


def experiment_for_series(
    file: CsvFile, output: Path, source: list[Option], timeline: Timeline, about: list[str]
) -> tuple[str, list[str]] | None:
    """Return a forecasting experiment file and the notes at its top, or None if no window fits.

    Args:
        source: the options that name the target, the columns and the delimiter.
        about: further comments at the top.
    """
    for data, title, notes in _attempts(file, output, source, timeline):
        if _fits(file, data):
            span = (
                [f"{' to '.join(timestamps.stamp(time) for time in timeline.times[[0, -1]])}"]
                if len(timeline.times)
                else []
            )
            told = [title, *span, *notes]
            return first_file([*told, *about], output, data, SERIES_MODEL, Fit(len(file))), told
    return None


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
        data = _block(file, output, [*source, *_window(len(file), 0, None)])
        yield data, _title(file, source, "1 row"), [why]
        return
    spacing = timestamps.spacing(timeline.times)
    day = round(np.timedelta64(1, "D") / spacing)
    period = {0: 0, 1: 7}.get(day, day)  # daily rows have a weekly period; longer spacings have none
    breaks = len(timestamps.breaks(timeline.times))
    gaps = [Option("gaps", "allow", f"{plural(breaks, 'gap')}: no window crosses one")] if breaks else []
    stamped = [Option("time", timeline.name, f"{_spelled(spacing)} apart"), *gaps]
    if timeline.readable:
        for length in dict.fromkeys((period, 0)):
            horizon = _spelled(spacing * (length or 1))
            window = _window(len(file), length, spacing)
            yield _block(file, output, [*stamped, *source, *window]), _title(file, source, horizon), [*timeline.notes]
    wrong = [] if timeline.readable else ["has a format that timeseries_csv cannot read"]
    wrong += [f"has {plural(breaks, 'gap')}"] if breaks else []
    why = f"Column {timeline.name} {' and '.join(wrong)}: rows are used in order, regardless of their times"
    window = _window(len(file), 0, None)
    yield _block(file, output, [*source, *window]), _title(file, source, "1 row"), [why]


def _title(file: CsvFile, source: list[Option], horizon: str) -> str:
    target = next(option.value for option in source if option.key == "target")
    return f"Predicts {target} {horizon} ahead, from {file.path.name} ({plural(len(file), 'row')})."


def _window(rows: int, period: int, spacing: np.timedelta64 | None) -> list[Option]:
    """Return the lookback, step and delay options for a target one period ahead, or one row ahead if it is 0."""
    step = max(1, period // 24)
    lookback = max(2 * step, min(5 * period or 24, rows // 30 // step * step))
    length = "" if spacing is None else f": {_spelled(spacing * lookback)}"
    horizon = "one row" if spacing is None else _spelled(spacing * (period or 1))
    return [
        Option("lookback", lookback, f"rows in the lookback window{length}"),
        *([Option("step", step, "every nth of them is used")] if step > 1 else []),
        Option("delay", (period or 1) - step, f"the target is {horizon} after the last row of the window"),
    ]


def _block(file: CsvFile, output: Path, options: list[Option]) -> list[Option]:
    share = _SHARE if len(file) >= LEAST_ROWS else round(max(_SHARE, _FEW / len(file)), 2)
    return [
        Option("name", "timeseries_csv"),
        Option("path", relative(file.path, output)),
        *options,
        Option("difference", True, "predict the change since the last value"),
        Option("transforms", ["standardize"], "mean and deviation of the training rows"),
        Option("test", share, "the last rows, held out for dlpy evaluate"),
        Option("validation", share, "the rows before these, monitored during training"),
    ]


def _fits(file: CsvFile, data: list[Option]) -> bool:
    """Return whether every split has enough windows, and gaps remove at most half of them."""
    dataset = TimeseriesCsv.model_validate({**values_of(data), "path": str(file.path)})
    try:
        loaded = dataset.load()
        parts = split(dataset, loaded)
    except DataError:
        return False
    counts = [len(rows) for rows in (parts.train, parts.validation, parts.test) if rows is not None]
    return min(counts) >= (_FEWEST_WINDOWS if len(file) >= LEAST_ROWS else 1) and sum(counts) >= _FEWEST_KEPT * (
        len(file) - 3 * dataset.lookback
    )


def _spelled(distance: np.timedelta64) -> str:
    """Return a duration in words; months and years are matched approximately."""
    months = distance / np.timedelta64(1, "s") / _MONTH
    if round(months) not in (1, 3, 12) or abs(months - round(months)) > 0.1:
        return timestamps.spelled(distance)
    return {1: "1 month", 3: "3 months", 12: "1 year"}[round(months)]
