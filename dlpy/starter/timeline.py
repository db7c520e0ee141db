"""The time stamps of a table whose rows may be one or several series."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import Dates, dates_of
from dlpy.datasets import _series_times
from dlpy.datasets._series_season import season_of
from dlpy.starter.remembered import once
from dlpy.starter.sample import Sampled
from dlpy.starter.wording import plural

LEAST_ROWS = 60
STEPS_FORWARD = 0.95  # of the rows, at another time than all others
_REGULAR = 0.8  # of the rows, one step after the row before, unless they are in order in the file
_KNOWN = 0.7  # of the rows, in which a season is looked for


@dataclass(frozen=True)
class Timeline:
    """The time stamps of a series, none for rows that are one only by their order.

    times: in the order of the file. line: the rows in order of time; None if timeseries_csv cannot read the column.
    notes: comments on minor problems. clock: a second column, with the time of day. id: the columns that together name
    the series of each row, if there are several. seasons: the periods that the calendar or the numbers suggest, best
    first.
    """

    name: str
    times: np.ndarray
    line: _series_times.Timeline | None = None
    notes: tuple[str, ...] = ()
    clock: str = ""
    id: tuple[str, ...] = ()
    seasons: tuple[int, ...] = ()


def trouble(file: CsvFile, name: str, dates: Dates, of: tuple[str, ...] = ()) -> str:
    """Return why a column of dates cannot be the time stamps of a series, with its line; empty if it can.

    Args:
        of: the columns that name the series of each row, if there are several.
    """
    texts = file.texts(name)
    if dates.doubtful:
        return f"'{texts[0]}' may start with the day or with the month: write dates as 2016-12-31"
    if len(dates.bad):
        row = int(dates.bad[0])
        what = f"'{texts[row]}' is not a time stamp" if texts[row] else "the time stamp is missing"
        return f"line {file.body.line(row)}: {what}"
    if of:
        return ""
    same = len(dates.times) - len(np.unique(dates.times))
    if same > (1 - STEPS_FORWARD) * len(texts):
        row = _first_repeated(dates.times)
        return f"line {file.body.line(row)}: {texts[row]} is repeated ({plural(same, 'row')} with the time of another)"
    if len(dates.backward) and regularity(file, name, of) < _REGULAR:
        row = int(dates.backward[0])
        earlier = f"{texts[row]} is earlier than {texts[row - 1]} before it"
        return f"line {file.body.line(row)}: {earlier}, and the times are not evenly spaced"
    return ""


def _first_repeated(times: np.ndarray) -> int:
    _, first = np.unique(times, return_index=True)
    return int(np.setdiff1d(np.arange(len(times)), first)[0])


def regularity(file: CsvFile, name: str, of: tuple[str, ...]) -> float:
    """Return the share of rows that follow the row before, in order of time, by one step."""
    line = _line(file, name, of)
    if line is None:
        return 0.0
    inner = ~line.first
    return float(np.mean(line.steps[inner] == 1)) if inner.any() else 0.0


def timeline_of(file: CsvFile, name: str, dates: Dates, of: tuple[str, ...], target: np.ndarray) -> Timeline:
    """Return the timeline of a column whose only problems are a few repeats and gaps.

    Args:
        target: (rows,) the numbers to forecast.
    """
    line = _line(file, name, of)
    if line is None or line.times is None or line.frequency is None:
        return Timeline(name, dates.times)
    texts, notes = file.texts(name), [note[0].upper() + note[1:] for note in line.notes]
    same = np.flatnonzero((line.steps == 0) & ~line.first)
    for row in line.order[same[:1]].tolist():
        more = f" ({plural(len(same), 'such row')})" if len(same) > 1 else ""
        text = f"line {file.body.line(row)}: {texts[row]} is repeated{more}"
        notes.append(f"Column {name} has a repeated time stamp: {text}; no window crosses it")
    found = _season(line, target[line.order])
    seasons: list[int] = [*([found] if found else []), *line.frequency.seasons]
    return Timeline(name, dates.times, line, tuple(notes), id=of, seasons=tuple(dict.fromkeys(seasons)))


def _season(line: _series_times.Timeline, target: np.ndarray) -> int | None:
    """Return the seasonal period of the first rows of each series."""
    own = []
    for number in range(len(line.ids) or 1):
        values = target[line.owner == number]
        values = values[: int(_KNOWN * len(values))]
        own.append(values[~np.isnan(values)])
    return season_of(own, line.frequency.seasons if line.frequency is not None else ())


def _line(file: CsvFile, name: str, of: tuple[str, ...]) -> _series_times.Timeline | None:
    def find() -> _series_times.Timeline | None:
        try:
            line = _series_times.timeline_of(file, name, of or None)
        except DataError:
            return None
        return _without_seams(file, line) if isinstance(file, Sampled) else line

    return once(file, ("line", name, of), find)


def _without_seams(file: Sampled, line: _series_times.Timeline) -> _series_times.Timeline:
    """Return a timeline without the gaps between the places of a file that were looked at."""
    rows = line.rows_of_step(lambda steps: steps != 1)
    places, before = (file.places_of(line.order[some]) for some in (rows, rows - 1))
    steps = line.steps.copy()
    steps[rows[places != before]] = 1
    return replace(line, steps=steps)


def joined(file: CsvFile, name: str, clock: str) -> Timeline | None:
    """Return the timeline of a column of days and a column of times of day, if it ascends."""
    hours = [text if ":" in text else f"{text}:00" for text in file.texts(clock)]
    dates = dates_of([f"{day} {hour}" for day, hour in zip(file.texts(name), hours, strict=True)])
    if dates.doubtful or len(dates.bad) or len(dates.backward) or len(dates.repeated):
        return None
    return Timeline(f"{name} with {clock}", dates.times, clock=clock)
