"""Generates an experiment file for a table of rows, texts or a series, with comments on what was found."""

from __future__ import annotations

from pathlib import Path

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError
from dlpy.data.tables import column_types
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.missing_cells import MISSING
from dlpy.data.task import Output
from dlpy.data.validate import check, check_every_class
from dlpy.datasets.csv import Csv
from dlpy.datasets.text_csv import TextCsv
from dlpy.starter.blocks import HELD_OUT, TABLE_MODEL, TEXT_MODEL, first_file, values_of
from dlpy.starter.columns import Choices, Columns, told
from dlpy.starter.mixed import MIXED_MODEL, input_options, parts_of
from dlpy.starter.series import LEAST_ROWS, Timeline, experiment_for_series, joined, timeline_of, trouble
from dlpy.starter.study import (
    Study,
    gaps_of,
    missing_lines,
    no_series,
    order_of,
    study,
    unused_dates,
)
from dlpy.starter.wording import Item, Option, listed, plural, relative
from dlpy.training.pipeline import split, transform

_LATEST = {"fraction": 0.15, "take": "last"}
_CLOCKS = ("time", "hour", "hr", "clock", "time of day", "time_of_day", "timeofday")


def experiment_for_table(path: Path, target: str | None, output: Path, choices: Choices) -> str:
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
        return _for_texts(found, output)
    if not others.numeric and not others.categories:
        raise DataError(_nothing(found))
    return _for_rows(found, output)


def _nothing(study: Study) -> str:
    """Return why no column other than the target can be used."""
    others, path = study.others, study.file.path
    reasons = [*told(others.unused), *no_series(study)]
    if not others.dates:
        reasons.insert(0, f"{path} has only names besides '{study.target}': no numbers, no categories, no sentences.")
    else:
        reasons.insert(0, f"{path} has no numbers, categories or sentences besides '{study.target}'.")
    return " ".join(reason if reason.endswith(".") else f"{reason}." for reason in reasons)


def _forecast(study: Study, output: Path) -> str | None:
    """Return a forecasting experiment if the rows are a series, otherwise None."""
    file, others, target = study.file, study.others, study.columns[study.target]
    if len(file) < LEAST_ROWS or not target.is_numeric or target.missing or study.target in study.choices.categorical:
        return None
    if study.output.kind == "binary" and (others.numeric or others.categories):
        return None
    timeline = _timeline(study)
    if timeline is None:
        return None
    holes = {name: len(study.columns[name].missing) for name in others.numeric if study.columns[name].missing}
    why = {name: f"{plural(count, 'missing cell')}, and a series needs every value" for name, count in holes.items()}
    why |= dict.fromkeys(others.categories, "text: a series needs numbers")
    why |= {name: reason for name, reason in unused_dates(study).items() if name != timeline.name}
    columns = [*(name for name in others.numeric if name not in holes), study.target]
    texts = {name for name, column in study.columns.items() if not column.is_numeric}
    every = set(file.names) == {*columns, timeline.name} and timeline.name in texts  # the reader skips text columns
    source = [
        *([] if every else [Option("columns", columns)]),
        Option("target", study.target, "its past values are used as input, too"),
        *form_options(file),
    ]
    return experiment_for_series(file, output, source, timeline, [*file.notes, *told({**others.unused, **why})])


def _timeline(study: Study) -> Timeline | None:
    """Return the times of the rows, from one column or from a column of days and one of times of day."""
    file, dates = study.file, study.others.dates
    name = next((name for name in dates if not trouble(file, name, dates[name])), None)
    if name is not None:
        return timeline_of(file, name, dates[name])
    clocks = [column for column in file.names if column.lower() in _CLOCKS and column not in study.choices.ignore]
    pairs = ((day, clock) for day in dates for clock in clocks if day != clock)
    return next((found for day, clock in pairs if (found := joined(file, day, clock)) is not None), None)


def _for_rows(study: Study, output: Path) -> str:
    file, others = study.file, study.others
    time, in_time = order_of(study)
    parts = parts_of(study)
    used = [] if parts is None else parts.used
    unused = {name: why for name, why in others.unused.items() if name not in used}
    ignore = [name for name in (*unused, *others.dates) if name != time]
    chosen = bool(set(study.choices.categorical) - {study.target})
    about_facts = [*([Option("categorical", [*others.categories])] if chosen else []), *_filling(study)]
    data = [
        Option("name", "csv"),
        *_source(study, output),
        *([Option("time", time, "rows are sorted by it")] if time else []),
        *([Option("ignore", ignore, "see the reasons above")] if ignore else []),
        *(about_facts if parts is None else []),
        *_transforms(others) * (parts is None),
        *([] if parts is None else input_options(parts, about_facts, has_numbers=bool(others.numeric))),
        *_held_out(time),
    ]
    title = f"Predicts {study.target} from the other columns of {file.path.name} ({plural(len(file), 'row')})."
    about = [f"{plural(len(others.numeric), 'numeric column')}: {listed(others.numeric)}"] if others.numeric else []
    if others.categories:
        values = [
            f"{name} ({plural(len(set(cells) - {*study.markers}), 'value')})"
            for name, cells in others.categories.items()
        ]
        about.append(f"{plural(len(others.categories), 'categorical column')}: {listed(values)}")
    about += [f"{plural(len(used), 'column')} of texts or image files: {listed(used)}"] if used else []
    about += [*missing_lines(study), *told({**unused, **unused_dates(study)}), *in_time]
    _try(Csv.model_validate({**values_of(data), "path": str(file.path)}), time)
    return first_file(
        [title, *file.notes, *about], output, data, TABLE_MODEL if parts is None else MIXED_MODEL, len(file)
    )


def _transforms(others: Columns) -> list[Option]:
    if not others.numeric:
        return []
    return [Option("transforms", ["standardize"], "numeric columns: mean 0, standard deviation 1")]


def _for_texts(study: Study, output: Path) -> str:
    """Return an experiment that uses the column with the longest texts."""
    file, prose = study.file, study.others.prose
    column = max(prose, key=lambda name: sum(map(len, prose[name])))
    others = [name for name in file.names if name not in (column, study.target)]
    time, in_time = order_of(study)
    path, *source = _source(study, output)
    transforms = [
        Item({"name": "tokenize", "vocabulary": 10_000}, "the 9,999 most frequent words"),
        Item("multi_hot", "which words occur, regardless of order"),
    ]
    data = [
        Option("name", "text_csv"),
        path,
        Option("text", column, f"of {plural(len(others), 'other column')}: {listed(others)}" if others else ""),
        *source,
        *([Option("time", time, "rows are sorted by it")] if time else []),
        Option("transforms", transforms),
        *_held_out(time),
    ]
    unused = {name: why for name, why in study.others.unused.items() if name != column}
    unused |= dict.fromkeys(study.others.numeric, "row numbers; only the texts are used")
    title = f"Predicts {study.target} from the texts in {column} of {file.path.name} ({plural(len(file), 'row')})."
    about = [*missing_lines(study), *told({**unused, **unused_dates(study)}), *in_time]
    values = {key: value for key, value in values_of(data).items() if key != "transforms"}
    _try(TextCsv.model_validate({**values, "path": str(file.path)}), time)
    return first_file([title, *file.notes, *about], output, data, TEXT_MODEL, len(file))


def _source(study: Study, output: Path) -> list[Option]:
    """Return the options shared by all experiments on the table."""
    file = study.file
    last = "the last column; " * (study.target == file.names[-1])
    which = "" if study.given else f"{last}change it to predict another"
    markers = list(study.markers)
    note = (
        f"without {listed([repr(text) for text in study.kept])}, which is a class"
        if study.kept
        else "texts that mark a missing cell"
    )
    return [
        Option("path", relative(file.path, output)),
        Option("target", study.target, which),
        Option("task", study.output.kind, about(study.output, study.columns[study.target])),
        *form_options(file),
        *([Option("missing_values", markers, note)] if tuple(markers) != MISSING else []),
    ]


def form_options(file: CsvFile) -> list[Option]:
    """Return the options that say how the file is written, where it is not UTF-8 text with commas."""
    return [Option(key, value) for key, value in file.format.stated().items()]


def _held_out(time: str | None) -> list[Option]:
    if time is None:
        return HELD_OUT
    return [
        Option("test", _LATEST, "the latest rows, held out for dlpy evaluate"),
        Option("validation", _LATEST, "the rows before these, monitored during training"),
    ]


def _filling(study: Study) -> list[Option]:
    """Return the option that fills missing cells, if there are any."""
    gaps = {name: sum(texts.values()) for name, texts in gaps_of(study).items()}
    if not gaps:
        return []
    rule = "median" if any(name in study.others.numeric for name in gaps) else "most_frequent"
    counts = [f"{name} ({count})" for name, count in gaps.items()]
    return [Option("missing", rule, f"{plural(sum(gaps.values()), 'missing cell')}: {listed(counts)}")]


def _try(dataset: Dataset, time: str | None) -> None:
    """Raise DataError if training cannot start with these splits."""
    try:
        loaded = dataset.load()
        parts = split(dataset, loaded)
        if any(given.kind == "table" for given in loaded.task.inputs.values()):
            check(transform(dataset, parts, loaded.task)[0])
        elif loaded.task.output.has_classes:
            check_every_class(parts.train, loaded.task)
    except DataError as error:
        hint = f" Rows are split in the order of '{time}'; --ignore '{time}' splits them at random." if time else ""
        raise DataError(f"{error}{hint}") from None


def about(found: Output, column: Column | None) -> str:
    """Return a comment with the range of a numeric target, or with the classes."""
    if found.kind == "regression":
        return "" if column is None else f"numbers from {column.values.min():g} to {column.values.max():g}"
    return f"{len(found.classes)} classes: {listed(list(found.classes))}"
