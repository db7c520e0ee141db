"""Generates an experiment file for a table of rows, texts or a series, with comments on what was found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables import column_types
from dlpy.starter.columns import Choices, told
from dlpy.starter.kinds import kinds_of
from dlpy.starter.order import no_series
from dlpy.starter.overview import Draft, as_comments, overview
from dlpy.starter.preparation import preparation_of
from dlpy.starter.rows import experiment_for_rows
from dlpy.starter.series import LEAST_ROWS, Timeline, experiment_for_series, joined, timeline_of, trouble
from dlpy.starter.source import form_options
from dlpy.starter.study import Study, of_all_rows, study
from dlpy.starter.texts import experiment_for_texts, has_texts
from dlpy.starter.wording import Option, plural

_MOST_HOLES = 0.3  # of the cells of a column of a series
_CLOCKS = ("time", "hour", "hr", "clock", "time of day", "time_of_day", "timeofday")


def experiment_for_table(path: Path, target: str | None, output: Path, choices: Choices) -> Draft:
    """Return an experiment file, to be written to `output`, that predicts a column of a CSV file.

    Raises:
        ConfigError: there is no such column.
        DataError: the file cannot be read, has no usable columns, or a column is numeric with exceptions.
    """
    found = study(path, target, choices)
    others = found.others
    forecast = _forecast(found, output)
    if forecast is not None:
        return forecast
    counting = all(column_types.counts_rows(found.columns[name]) for name in others.numeric)
    if others.prose and not others.categories and counting:
        return experiment_for_texts(found, output)
    if others.numeric or others.categories or preparation_of(found, in_time=False).dates:
        return experiment_for_rows(found, output)
    if has_texts(found):
        return experiment_for_texts(found, output)
    alone = _target_alone(found, output)
    if alone is None:
        raise DataError(_nothing(found))
    return alone


def _nothing(study: Study) -> str:
    """Return why no column other than the target can be used."""
    others, path = study.others, study.file.path
    reasons = [*told({**others.ids, **others.unused}), *no_series(study)]
    if not others.dates:
        reasons.insert(0, f"{path} has only names besides '{study.target}': no numbers, no categories, no sentences.")
    else:
        reasons.insert(0, f"{path} has no numbers, categories or sentences besides '{study.target}'.")
    return " ".join(reason if reason.endswith(".") else f"{reason}." for reason in reasons)


def _forecast(study: Study, output: Path) -> Draft | None:
    """Return a forecasting experiment if the rows are a series, otherwise None."""
    study = of_all_rows(study)
    others = study.others
    if len(study.file) < LEAST_ROWS or not _is_numeric(study):
        return None
    if study.output.kind == "binary" and (others.numeric or others.categories):
        return None
    timeline = _timeline(study)
    return None if timeline is None else _series(study, output, timeline)


def _series(study: Study, output: Path, timeline: Timeline) -> Draft | None:
    """Return a forecasting experiment, or None if no window fits."""
    file, others = study.file, study.others
    numeric = [name for name in others.numeric if name != timeline.clock]
    holes = {name: len(study.columns[name].missing) for name in (*numeric, study.target)}
    wrong = {
        name: count
        for name, count in holes.items()
        if 0 in study.columns[name].missing or count > _MOST_HOLES * len(file)
    }
    if study.target in wrong:
        return None
    columns = [*(name for name in numeric if name not in wrong), study.target]
    filled = {name: count for name, count in holes.items() if count and name in columns}
    texts = {name for name, column in study.columns.items() if not column.is_numeric}
    every = set(file.names) == {*columns, timeline.name} and timeline.name in texts  # the reader skips text columns
    source = [
        *([] if every else [Option("columns", columns)]),
        Option("target", study.target, "its past values are used as input, too"),
        *form_options(study),
    ]
    if filled:
        told = f"{plural(sum(filled.values()), 'missing cell')}; such rows are no targets"
        source.append(Option("missing", "previous", told))
    why = {name: f"{plural(count, 'missing cell')}, too many or in the first row" for name, count in wrong.items()}
    why |= dict.fromkeys(others.categories, "text: a series needs numbers")
    becomes = dict.fromkeys(columns, "input, with its past values")
    becomes |= dict.fromkeys(
        [timeline.name.removesuffix(f" with {timeline.clock}"), timeline.clock], "time of the rows"
    )
    kinds = {name: (kind, why.get(name, reason)) for name, (kind, reason) in kinds_of(study).items()}
    lines = overview(study, kinds, {**becomes, study.target: "target, and input with its past values"})
    made = experiment_for_series(file, output, source, timeline, ["", *as_comments(lines)])
    return None if made is None else Draft(made[0], tuple(made[1]), tuple(lines))


def _target_alone(study: Study, output: Path) -> Draft | None:
    """Return an experiment that forecasts the target from its own past, or None.

    Rows without dates are taken to be in order.
    """
    study = of_all_rows(study)
    if not _is_numeric(study):
        return None
    if study.others.dates:
        timeline = _timeline(study)
        return None if timeline is None else _series(study, output, timeline)
    return _series(study, output, Timeline("", np.empty(0, "datetime64[us]"), readable=False))


def _is_numeric(study: Study) -> bool:
    """Return whether the target is a column of numbers that are not called categories."""
    return study.columns[study.target].is_numeric and study.target not in study.choices.categorical


def _timeline(study: Study) -> Timeline | None:
    """Return the times of the rows, from one column or from a column of days and one of times of day."""
    file, dates = study.file, study.others.dates
    name = next((name for name in dates if not trouble(file, name, dates[name])), None)
    if name is not None:
        return timeline_of(file, name, dates[name])
    clocks = [column for column in file.names if column.lower() in _CLOCKS and column not in study.choices.ignore]
    pairs = ((day, clock) for day in dates for clock in clocks if day != clock)
    return next((found for day, clock in pairs if (found := joined(file, day, clock)) is not None), None)
