"""Generates a forecasting experiment file for a table whose rows are a series, with what became of its columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlpy.data.tables.column_types import MOST_TEXTS
from dlpy.starter.identifiers import different
from dlpy.starter.kinds import kinds_of
from dlpy.starter.overview import Draft, as_comments, overview
from dlpy.starter.preparation import format_options
from dlpy.starter.series import experiment_for_series
from dlpy.starter.series_names import columns_of_names
from dlpy.starter.source import form_options
from dlpy.starter.study import Study, of_all_rows
from dlpy.starter.timeline import LEAST_ROWS, Timeline, joined, timeline_of, trouble
from dlpy.starter.wording import Option, plural

_MOST_HOLES = 0.3  # of the cells of a column of a series
_CLOCKS = ("time", "hour", "hr", "clock", "time of day", "time_of_day", "timeofday")


def forecast_of(study: Study, output: Path) -> Draft | None:
    """Return a forecasting experiment if the rows are a series, otherwise None."""
    study = of_all_rows(study)
    others = study.others
    if len(study.file) < LEAST_ROWS or not _is_numeric(study):
        return None
    if study.output.kind == "binary" and (others.numeric or others.categories):
        return None
    timeline = _timeline(study)
    return None if timeline is None else _experiment(study, output, timeline)


def forecast_of_target_alone(study: Study, output: Path) -> Draft | None:
    """Return an experiment that forecasts the target from its own past, or None.

    Rows without dates are taken to be in order.
    """
    study = of_all_rows(study)
    if not _is_numeric(study):
        return None
    if study.others.dates:
        timeline = _timeline(study)
        return None if timeline is None else _experiment(study, output, timeline)
    return _experiment(study, output, Timeline("", np.empty(0, "datetime64[us]")))


def _experiment(study: Study, output: Path, timeline: Timeline) -> Draft | None:
    """Return a forecasting experiment, or None if no window fits."""
    wrong = _incomplete(study)
    if study.target in wrong:
        return None
    left_out = {*wrong, timeline.clock, *timeline.id}
    columns = [name for name in study.others.numeric if name not in left_out]
    columns.append(study.target)
    why = {name: f"{plural(count, 'missing cell')}, too many" for name, count in wrong.items()}
    why |= dict.fromkeys(study.others.categories, "text: a series needs numbers")
    names = f"names the series of each row{', with the other one' * (len(timeline.id) > 1)}"
    why |= dict.fromkeys(timeline.id, names)
    kinds = {name: (kind, why.get(name, reason)) for name, (kind, reason) in kinds_of(study).items()}
    times = [timeline.name.removesuffix(f" with {timeline.clock}"), timeline.clock]
    becomes = dict.fromkeys(columns, "input, with its past values") | dict.fromkeys(times, "time of the rows")
    becomes |= dict.fromkeys(timeline.id, "name of the series")
    lines = overview(study, kinds, {**becomes, study.target: "target, and input with its past values"})
    source = _source(study, timeline, columns)
    made = experiment_for_series(study.file, output, source, timeline, ["", *as_comments(lines)])
    return None if made is None else Draft(made[0], tuple(made[1]), tuple(lines))


def _incomplete(study: Study) -> dict[str, int]:
    """Return the number of missing cells of the columns that lack too many."""
    found = {}
    for name in (*study.others.numeric, study.target):
        missing = study.columns[name].missing
        if len(missing) > _MOST_HOLES * len(study.file):
            found[name] = len(missing)
    return found


def _source(study: Study, timeline: Timeline, columns: list[str]) -> list[Option]:
    """Return the options that name the columns and say how they and the file are written."""
    texts = {name for name, column in study.columns.items() if not column.is_numeric}
    plain = all(study.columns[name].format is None for name in columns)
    known = {*columns, timeline.name, *timeline.id, *study.file.index}
    every = plain and {*study.file.names} == known and (timeline.name in texts or timeline.line is not None)
    missing = sum(len(study.columns[name].missing) for name in columns)
    filled = Option("missing", "previous", f"{plural(missing, 'missing cell')}; such rows are no targets")
    known = Option("known", columns[:-1], "those whose later values are known in advance", suggested=True)
    return [
        *([] if every else [Option("columns", columns)]),
        Option("target", study.target, "its past values are used as input, too"),
        *([known] if len(columns) > 1 and timeline.line is not None else []),
        *form_options(study),
        *format_options(study, columns),
        *([filled] if missing else []),
    ]


def _is_numeric(study: Study) -> bool:
    """Return whether the target is a column of numbers that are not called categories."""
    return study.columns[study.target].is_numeric and study.target not in study.choices.categorical


def _counts(study: Study, name: str) -> bool:
    """Return whether a column holds a few whole numbers, which may be numbers of things."""
    column = study.columns[name]
    if column.missing or column.format is not None or (column.values != np.floor(column.values)).any():
        return False
    return 1 < different(study.file, column) <= MOST_TEXTS


def _timeline(study: Study) -> Timeline | None:
    """Return the times of the rows, from one column or from a column of days and one of times of day."""
    file, dates = study.file, study.others.dates
    for name, own in dates.items():
        others = [one for one in study.others.categories if one != name]
        of = columns_of_names(file, name, own, others, [one for one in study.others.numeric if _counts(study, one)])
        if not trouble(file, name, own, of):
            return timeline_of(file, name, own, of, study.columns[study.target].values)
    clocks = [column for column in file.names if column.lower() in _CLOCKS and column not in study.choices.ignore]
    pairs = ((day, clock) for day in dates for clock in clocks if day != clock)
    return next((found for day, clock in pairs if (found := joined(file, day, clock)) is not None), None)
