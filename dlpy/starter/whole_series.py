"""Generates an experiment file for whole series, each with one label: in a table, or in files of class folders."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from dlpy.datasets._folders import entries
from dlpy.datasets._whole_series_files import is_series
from dlpy.datasets.whole_series import WholeSeries
from dlpy.starter.blocks import HELD_OUT, SCALED_TARGET
from dlpy.starter.kinds import kinds_of
from dlpy.starter.overview import Draft, as_comments, overview
from dlpy.starter.recordings import Recordings, recordings_of
from dlpy.starter.source import source_notes, source_options
from dlpy.starter.study import Study
from dlpy.starter.wording import Item, Lines, Option, experiment_file, listed, plural, relative

_STEPS = 1_500  # of training; fewer are too few for a convolutional network, however few the series are
_BATCH, _LARGE_BATCH, _MANY = 16, 64, 2_000  # series
_SHORT = 8  # steps: three poolings by 2 leave one
_KERNEL = 9
_SHARE = 0.15


def series_of(study: Study, output: Path) -> Draft | None:
    """Return an experiment that predicts the label of whole series, or None if the rows of a table are none."""
    found = recordings_of(study)
    if found is None:
        return None
    title = _title(study, found)
    notes = [title, *source_notes(study), _understood(study, found)]
    lines = overview(study, kinds_of(study), _becomes(study, found))
    blocks = _blocks(_data(study, found, output), _training_series(study, found), found.lengths)
    return Draft(experiment_file([*notes, "", *as_comments(lines)], output, blocks), tuple(notes), tuple(lines))


def holds_series(folder: Path, classes: Sequence[str]) -> bool:
    """Return whether class folders hold files of series, judging by the names of a few files of each."""
    found = [[Path(entry.path) for entry in islice(entries(folder / name), 20) if entry.is_file()] for name in classes]
    return all(files and all(map(is_series, files)) for files in found)


def experiment_for_series_files(folder: Path, parts: dict[str, str], output: Path) -> str:
    """Return an experiment file, to be written to `output`, that classifies files of series in class folders.

    Raises:
        DataError: a file cannot be read, or has other channels than the first.
    """
    dataset = WholeSeries.model_validate({"name": "whole_series", "path": str(folder), "parts": parts or None})
    gaps = dataset.model_copy(update={"missing": "interpolate"})
    loaded = gaps.load()
    rows = [rows.array for rows in (loaded.train, loaded.test) if rows is not None]
    lengths = np.count_nonzero(~np.isnan(np.concatenate(rows)[..., 0]), axis=1)
    given = loaded.task.input
    title = f"Classifies the series in {folder.name} ({plural(len(lengths), 'file')})."
    channels = f"{plural(given.shape[1] or 1, 'channel')}: {listed([*given.columns])}"
    classes = f"{len(loaded.task.output.classes)} classes: {listed([*loaded.task.output.classes])}"
    about = [title, classes, channels, _lengths(lengths)]
    held = [option for option in HELD_OUT if option.key not in parts]
    data = [
        Option("name", "whole_series"),
        Option("path", relative(folder, output)),
        *([Option("parts", parts, "folders in path")] if parts else []),
        *held,
        Option("missing", "interpolate", "where cells are missing", suggested=True),
        Option("transforms", ["standardize"], "each channel, by the training series"),
    ]
    return experiment_file(about, output, _blocks(data, len(loaded.train), lengths))


def _title(study: Study, found: Recordings) -> str:
    kind = "Predicts" if study.output.kind == "regression" else "Classifies"
    what = f"{study.target} of the series" if kind == "Predicts" else f"the series by {study.target}"
    return f"{kind} {what} in {study.file.path.name} ({len(found.lengths):,} series)."


def _understood(study: Study, found: Recordings) -> str:
    """Return why rows are taken for whole series."""
    if found.layout == "wide":
        ends = f"{found.channels[0]} to {found.channels[-1]}"
        return f"Each row is a series: {ends} follow each other, and neighbors are alike. {_lengths(found.lengths)}"
    why = f"rows with the same {found.id} have the same {study.target}, and {found.time} grows from row to row"
    return f"Rows are the steps of series: {why}. {_lengths(found.lengths)}"


def _lengths(lengths: np.ndarray) -> str:
    if lengths.min() == lengths.max():
        return f"All have {lengths.max():,} steps"
    return f"They have {lengths.min():,} to {lengths.max():,} steps: what follows the end of a series does not count"


def _training_series(study: Study, found: Recordings) -> int:
    """Return about how many series are not test series."""
    if found.split is None:
        return len(found.lengths)
    marks = study.file.texts(found.split)
    return round(len(found.lengths) * (1 - sum(mark.lower().startswith("test") for mark in marks) / len(marks)))


def _becomes(study: Study, found: Recordings) -> dict[str, str]:
    """Return what becomes of each column."""
    what = "a step" if found.layout == "wide" else "a channel"
    becomes = dict.fromkeys(found.channels, f"input, {what}, standardized")
    roles = {found.id: "name of the series", found.time: "order of the steps", found.split: "marks the test series"}
    becomes |= {name: role for name, role in {**roles, found.group: "kept in one split"}.items() if name is not None}
    return {**becomes, study.target: "target"}


def _data(study: Study, found: Recordings, output: Path) -> list[Option]:
    unknown = ("missing_target", "missing_values")  # options of csv
    path, *source = [option for option in source_options(study, output) if option.key not in unknown]
    every = [name for name in study.file.names if name in found.channels or study.columns[name].is_numeric]
    used = {study.target, found.id, found.time, found.split, found.group}
    named = [] if {*every} - used == {*found.channels} else [Option("columns", found.channels)]
    held = {option.key: Option(option.key, _SHARE, option.note) for option in HELD_OUT}
    if found.split is not None:
        held["test"] = Option("test", {"column": found.split}, "series that are marked test")
    missing = sum(len(study.columns[name].missing) for name in found.channels) if found.layout == "long" else 0
    return [
        Option("name", "whole_series"),
        path,
        *([Option("layout", "wide", "a row is a whole series")] if found.layout == "wide" and found.id else []),
        *([Option("id", found.id, "names the series of each row")] if found.id else []),
        *([Option("time", found.time, "orders the rows of a series")] if found.time else []),
        *named,
        *source,
        *([Option("group", found.group, "its series stay in the same split")] if found.group else []),
        *([Option("missing", "interpolate", plural(missing, "missing cell"))] if missing else []),
        *held.values(),
        Option("transforms", ["standardize"], "each channel, by the training series"),
        *([SCALED_TARGET] if study.output.kind == "regression" else []),
    ]


def _blocks(data: list[Option], series: int, lengths: np.ndarray) -> dict[str, Lines]:
    """Return the blocks of the experiment: a convolutional network, and as many epochs as it needs."""
    batch = _BATCH if series < _MANY else _LARGE_BATCH
    epochs = min(300, max(20, _STEPS * batch // series))
    short = int(lengths.max()) < _SHORT
    model = [
        Option("name", "conv1d"),
        Option("filters", [64, 128, 64]),
        Option("kernel", _KERNEL, "steps; larger for slower changes"),
        Option("padding", "same"),
        Option("pooling", 1 if short else 2),
    ]
    training = [
        Option("optimizer", {"name": "adam", "learning_rate": 0.001}),
        Option("epochs", epochs),
        Option("batch_size", batch),
    ]
    stop = [Item({"name": "early_stopping", "monitor": "val_loss", "patience": max(10, epochs // 3)})]
    return {"data": data, "model": model, "training": training, "callbacks": stop}
