"""A first experiment file for a named dataset or the user's own files, with what was found as comments."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from dlpy import csv_file, missing_cells, table, time_stamps
from dlpy.components import Dataset, Model
from dlpy.csv_file import CsvFile
from dlpy.data import Output, Task
from dlpy.datasets.npz import Npz
from dlpy.errors import ConfigError, DataError, did_you_mean, reading
from dlpy.starter_folder import experiment_for_folder
from dlpy.starter_text import experiment_for_named_text, experiment_for_text
from dlpy.suggestions import command
from dlpy.table import Column
from dlpy.wording import Item, Option, experiment_file, listed, plural, relative

_MOST_CATEGORIES = 100
_HELD_OUT = [
    Option("test", 0.15, "kept aside for dlpy evaluate"),
    Option("validation", 0.15, "watched while training"),
]
_TEXT_MODEL = [Option("name", "dense"), Option("units", [16, 16])]
_TABLE_MODEL = [Option("name", "dense"), Option("units", [64, 64])]
_SERIES_MODEL = [Option("name", "rnn"), Option("cell", "gru"), Option("units", 16), Option("dropout", 0.1)]
_SERIES_ROWS = 300
_LONGEST_HEADER = 1 << 20


def experiment_for(source: str, target: str | None, output: Path) -> str:
    """Return the text of an experiment file that trains on `source`, to be written at `output`.

    Args:
        source: the name of a dataset, or the path of a CSV, npz or text file or of a folder of pictures or texts.
        target: the column to predict; the last one unless given.

    Raises:
        ConfigError: there is no such dataset, or no such column.
        DataError: the file cannot be read.
    """
    path = Path(source)
    if path.suffix.lower() in (".csv", ".tsv"):
        return _for_csv(path, target, output)
    if target is not None:
        raise ConfigError("--target names a column of a CSV file.")
    if os.path.isdir(path) and source not in Dataset.registry.names():  # noqa: PTH112 - False where a name is too long
        return experiment_for_folder(path, output)
    if path.suffix.lower() == ".npz":
        return _for_npz(path, output)
    if path.suffix.lower() in (".txt", ".md"):
        return experiment_for_text(path, output)
    if source not in Dataset.registry.names():
        hint = did_you_mean(source, Dataset.registry.names())
        raise ConfigError(f"'{source}' is neither a dataset nor a folder, a .csv, .npz or .txt file.{hint}")
    return _for_named(source, output)


def _for_csv(path: Path, target: str | None, output: Path) -> str:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(path)
    file = csv_file.read(path, delimiter)
    if target is not None and target not in file.names:
        raise ConfigError(f"--target: {path} has no column '{target}'.{did_you_mean(target, file.names)}")
    columns = table.columns_of(file)
    wordy = {column: file.texts(column) for column in file.names if columns[column].bad and column != target}
    prose = {column: cells for column, cells in wordy.items() if table.is_prose(cells)}
    name = target or next((column for column in reversed(file.names) if column not in prose), file.names[-1])
    series = _series(file, columns, name)
    if series is not None:
        return _for_series(file, output, name, *series)
    found = table.target_of(file, columns[name], None)[1]
    learnt = {column: columns[column] for column in file.names if column != name}
    numeric = [column for column in learnt if table.guess_numeric(file, learnt[column])]
    texts = {column: file.texts(column) for column in learnt if column not in numeric}
    ignore = [column for column, cells in texts.items() if len(set(cells)) > min(_MOST_CATEGORIES, len(cells) / 2)]
    kept = {column: cells for column, cells in texts.items() if column not in ignore}
    which = f"{'the last column; ' * (name == file.names[-1])}change it to predict another" if target is None else ""
    source = [
        Option("path", relative(path, output)),
        Option("target", name, which),
        Option("task", found.kind, _about(found, columns[name])),
        *([Option("delimiter", delimiter)] if delimiter != "," else []),
    ]
    if prose and not kept and all(table.counts_rows(learnt[column]) for column in numeric):
        return _for_texts(file, prose, name, source, output)
    if not numeric and not kept:
        raise DataError(f"{path} holds nothing but names beside '{name}': no numbers, no categories, no sentences.")
    data = [
        Option("name", "csv"),
        *source,
        *([Option("ignore", ignore, "nearly every text differs")] if ignore else []),
        *_filling(numeric, learnt, kept),
        *([Option("transforms", ["standardize"], "numeric columns: mean 0, deviation 1")] if numeric else []),
        *_HELD_OUT,
    ]
    about = [f"{plural(len(numeric), 'numeric column')}: {listed(numeric)}"] if numeric else []
    if kept:
        values = [f"{column} ({plural(len(set(cells)), 'value')})" for column, cells in kept.items()]
        about.append(f"{plural(len(kept), 'categorical column')}: {listed(values)}")
    title = f"Predicts {name} from the other columns of {path.name} ({plural(len(file), 'row')})."
    return _file([title, *about], output, data, _TABLE_MODEL, len(file))


def _for_texts(file: CsvFile, prose: dict[str, list[str]], target: str, source: list[Option], output: Path) -> str:
    """Return an experiment on the column with the longest texts."""
    column = max(prose, key=lambda name: sum(map(len, prose[name])))
    others = [name for name in file.names if name not in (column, target)]
    data = [
        Option("name", "text_csv"),
        source[0],
        Option("text", column, f"of {plural(len(others), 'other column')}: {listed(others)}" if others else ""),
        *source[1:],
        Option(
            "transforms",
            [
                Item({"name": "tokenize", "vocabulary": 10_000}, "the 9,999 most frequent words"),
                Item("multi_hot", "which words there are, without order"),
            ],
        ),
        *_HELD_OUT,
    ]
    title = f"Predicts {target} from the texts in {column} of {file.path.name} ({plural(len(file), 'row')})."
    return _file([title], output, data, _TEXT_MODEL, len(file))


def _series(file: CsvFile, columns: dict[str, Column], target: str) -> tuple[str, np.ndarray] | None:
    """Return the column of ascending time stamps, with these, where the rows are a series that a window fits into."""
    if len(file) < _SERIES_ROWS or not columns[target].is_numeric or columns[target].missing:
        return None
    for name in file.names[:2]:  # where people put them
        times = None if name == target else time_stamps.time_line(file.texts(name))
        if times is not None:
            return name, times
    return None


def _for_series(file: CsvFile, output: Path, target: str, time: str, times: np.ndarray) -> str:
    spacing = time_stamps.spacing(times)
    day = round(np.timedelta64(1, "D") / spacing)
    period = {0: 0, 1: 7}.get(day, day)  # days have weeks; of longer distances no period is known
    step = max(1, period // 24)
    lookback = min(5 * period or 24, len(times) // 30 // step * step)
    breaks, apart = time_stamps.breaks(times), time_stamps.spelled(spacing)
    horizon = time_stamps.spelled(spacing * (period or 1))
    data = [
        Option("name", "timeseries_csv"),
        Option("path", relative(file.path, output)),
        *([Option("delimiter", delimiter)] if (delimiter := _delimiter(file.path)) != "," else []),
        Option("time", time, f"{apart} apart"),
        *([Option("gaps", "allow", f"{plural(len(breaks), 'gap')}: no window crosses one")] if len(breaks) else []),
        Option("target", target, "its own past is learnt from too"),
        Option("lookback", lookback, f"rows in a window: {time_stamps.spelled(spacing * lookback)}"),
        *([Option("step", step, "of which every so many are taken")] if step > 1 else []),
        Option("delay", (period or 1) - step, f"the target comes {horizon} after the window's last row"),
        Option("difference", True, "learn the change since the last value"),
        Option("transforms", ["standardize"], "mean and deviation of the training rows"),
        Option("test", 0.15, "the last rows, kept aside for dlpy evaluate"),
        Option("validation", 0.15, "the last rows before these, watched while training"),
    ]
    title = f"Predicts {target} {horizon} ahead, from {file.path.name} ({plural(len(times), 'row')})."
    about = f"{time_stamps.stamp(times[0])} to {time_stamps.stamp(times[-1])}"
    return _file([title, about], output, data, _SERIES_MODEL, len(times))


def _delimiter(path: Path) -> str:
    """Return the sign that the first line holds most of, of those in use."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    with reading(path):
        if path.is_dir():
            return ","  # the reader says what is wrong
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            first = lines.readline(_LONGEST_HEADER)
    return max(",;\t|", key=first.count)


def _filling(numeric: list[str], learnt: dict[str, Column], kept: dict[str, list[str]]) -> list[Option]:
    """Return the line that fills missing cells, where there are any."""
    gaps = {column: len(learnt[column].missing) for column in numeric}
    gaps |= {column: sum(cell in missing_cells.MISSING for cell in cells) for column, cells in kept.items()}
    gaps = {column: count for column, count in gaps.items() if count}
    if not gaps:
        return []
    rule = "median" if any(column in numeric for column in gaps) else "most_frequent"
    counts = [f"{column} ({count})" for column, count in gaps.items()]
    return [Option("missing", rule, f"{plural(sum(gaps.values()), 'missing cell')}: {listed(counts)}")]


def _for_npz(path: Path, output: Path) -> str:
    dataset = Npz(path=str(path))
    loaded = dataset.load()
    rows = len(loaded.train)
    data = [Option("name", "npz"), Option("path", relative(path, output))]
    data += [Option(key, str(loaded.resolved[key])) for key in ("x", "y")]
    data.append(Option("task", loaded.task.output.kind, _about(loaded.task.output, None)))
    transforms, model = _fitting(loaded.task, isinstance(loaded.train.x, np.ndarray) and loaded.train.x.dtype.kind)
    data += transforms
    if loaded.test is None:
        data.append(Option("test", 0.15, "kept aside for dlpy evaluate"))
    data.append(Option("validation", 0.15, "watched while training"))
    shape = " x ".join(map(str, loaded.task.input.shape))
    title = f"Predicts {loaded.resolved['y']} from {loaded.resolved['x']} of {path.name}: {rows:,} rows of {shape}."
    return _file([title], output, data, model, rows)


def _for_named(name: str, output: Path) -> str:
    try:
        task = Dataset.registry.get(name).model_validate({"name": name}).outline()
    except ValidationError:
        task = None
    if task is None or len(task.inputs) != 1:
        raise ConfigError(
            f"'{name}' reads files of your own: see `{command('show', 'datasets', name)}` for its options."
        )
    if task.output.kind == "tokens":
        return experiment_for_named_text(name, output)
    transforms, model = _fitting(task, "u" if len(task.input.shape) > 1 else "f")
    fallback = Option("fallback", "stand_in", "no network: train on generated rows", suggested=True)
    data = [Option("name", name), *transforms, Option("validation", 0.2, "watched while training"), fallback]
    rows = 1_000 if task.input.kind in ("array", "table") and len(task.input.shape) == 1 else 20_000
    return _file([f"A first model of {name}."], output, data, model, rows)


def _fitting(task: Task, dtype: str | bool) -> tuple[list[Option], list[Option]]:
    """Return the lines of the transforms and of the model that fit such rows."""
    shape = task.input.shape
    if task.input.kind == "sequence":
        return [Option("transforms", ["multi_hot"], "which words there are, without order")], _TEXT_MODEL
    if len(shape) < 2:
        return [Option("transforms", ["standardize"], "mean 0, deviation 1")], _TABLE_MODEL
    scaling = "rescale" if dtype in ("u", "i") else "standardize"
    small = len(shape) == 2 or shape[-1] in (1, 3, 4)
    if "convnet" in Model.registry.names() and small and min(size or 0 for size in shape[:2]) >= 12:
        reshape = [Item({"name": "reshape", "shape": [*shape, 1]})] if len(shape) == 2 else []
        model = [Option("name", "convnet"), Option("filters", [32, 64]), Option("units", [64])]
        return [Option("transforms", [*reshape, Item(scaling)])], model
    model = [Option("name", "dense"), Option("units", [512])]
    return [Option("transforms", [Item({"name": "reshape", "shape": [-1]}), Item(scaling)])], model


def _file(title: list[str], output: Path, data: list[Option], model: list[Option], rows: int) -> str:
    batch = 16 if rows < 1_000 else 32 if rows < 10_000 else 512 if model == _TEXT_MODEL or rows > 100_000 else 128
    batch = 128 if model == _SERIES_MODEL else batch
    epochs = 100 if rows < 10_000 else 20
    training = [Option("epochs", epochs), Option("batch_size", batch)]
    return experiment_file(title, output, {"data": data, "model": model, "training": training})


def _about(found: Output, column: Column | None) -> str:
    if found.kind == "regression":
        return "" if column is None else f"numbers from {column.values.min():g} to {column.values.max():g}"
    return f"{len(found.classes)} classes: {listed(list(found.classes))}"
