"""Generates an experiment file for a named dataset or the user's own data, with comments on what was found."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from dlpy.components.dataset import Dataset
from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.core.suggestions import command
from dlpy.data.tables.part_files import is_table
from dlpy.data.task import Task
from dlpy.datasets.npz import Npz
from dlpy.starter.arrays import fitting, taken_for
from dlpy.starter.blocks import HELD_OUT, SCALED_TARGET, Fit, first_file
from dlpy.starter.columns import Choices
from dlpy.starter.folder import experiment_for_folder, experiment_for_named_text, experiment_for_text
from dlpy.starter.overview import Draft
from dlpy.starter.source import about_target
from dlpy.starter.table import experiment_for_table
from dlpy.starter.tagged import SUFFIXES, experiment_for_tagged, is_tagged
from dlpy.starter.wording import Option, relative, title_of

_NONE = Choices()


def experiment_for(
    source: str, target: str | None, output: Path, choices: Choices = _NONE, base: str | None = None
) -> Draft:
    """Return an experiment file that trains on `source`, to be written to `output`.

    Args:
        source: the name of a dataset, or the path of a CSV, npz, text or CoNLL file or of a folder of images or texts.
        target: the column to predict; None for the last one.
        choices: how to treat the other columns.
        base: a pretrained network for a folder of images; None leaves the choice to dlpy.

    Raises:
        ConfigError: there is no such dataset, or no such column.
        DataError: the file cannot be read.
    """
    path = Path(source)
    if base is not None and (_is_table(path) or not _is_folder(source)):
        raise ConfigError(f"--base needs a folder of images; leave it out for '{source}'.")
    if _is_table(path):
        return experiment_for_table(path, target, output, choices)
    for option, given in (("target", target), *vars(choices).items()):
        if given:
            raise ConfigError(f"--{option} needs a CSV file; leave it out for '{source}'.")
    text = _without_columns(source, output, base)
    return Draft(text, tuple(title_of(text)))


def _without_columns(source: str, output: Path, base: str | None) -> str:
    """Return the experiment file for anything but a table."""
    path = Path(source)
    if _is_folder(source):
        return experiment_for_folder(path, output, base)
    if path.suffix.lower() == ".npz":
        return _for_npz(path, output)
    if path.suffix.lower() in SUFFIXES or (path.suffix.lower() == ".txt" and is_tagged(path)):
        return experiment_for_tagged(path, output)
    if path.suffix.lower() in (".txt", ".md"):
        return experiment_for_text(path, output)
    if source not in Dataset.registry.names():
        hint = did_you_mean(source, Dataset.registry.names())
        raise ConfigError(f"'{source}' is neither a dataset nor a folder nor a .csv, .npz, .txt or .conll file.{hint}")
    return _for_named(source, output)


def _is_folder(source: str) -> bool:
    """Return whether the source is a folder, not a dataset of the same name."""
    return os.path.isdir(source) and source not in Dataset.registry.names()  # noqa: PTH112 - False if it is too long


def _is_table(path: Path) -> bool:
    """Return whether a path or a pattern names a table, or a folder with parts of one."""
    if is_table(path):
        return True
    try:
        return path.is_dir() and any(map(is_table, path.iterdir()))
    except OSError:  # the name is too long
        return False


def _for_npz(path: Path, output: Path) -> str:
    dataset = Npz(path=str(path))
    loaded = dataset.load()
    rows = len(loaded.train)
    data = [Option("name", "npz"), Option("path", relative(path, output))]
    data += [Option(key, str(loaded.resolved[key])) for key in ("x", "y")]
    data.append(Option("task", loaded.task.output.kind, about_target(loaded.task.output, None)))
    dtype = loaded.train.x.dtype.kind if isinstance(loaded.train.x, np.ndarray) else "f"
    transforms, model = fitting(loaded.task, dtype)
    data += [*transforms, *_scaled(loaded.task)]
    data += [option for option in HELD_OUT if loaded.test is None or option.key != "test"]
    shape = " x ".join(map(str, loaded.task.input.shape))
    title = f"Predicts {loaded.resolved['y']} from {loaded.resolved['x']} of {path.name}: {rows:,} rows of {shape}."
    about = taken_for(loaded.task.input, dtype)
    return first_file([title, *([about] if about else [])], output, data, model, Fit(rows))


def _for_named(name: str, output: Path) -> str:
    try:
        task = Dataset.registry.get(name).model_validate({"name": name}).outline()
    except ValidationError:
        task = None
    if task is None:
        raise ConfigError(f"'{name}' reads your own files: see `{command('show', 'datasets', name)}` for its options.")
    if len(task.inputs) != 1 or len(task.outputs) != 1 or task.input.kind == "text":
        raise ConfigError(f"'{name}' has no standard model: start from an experiment in configs/ that uses it.")
    if task.output.kind == "tokens":
        return experiment_for_named_text(name, output)
    are_images = len(task.input.shape) > 1 and not task.output.is_per_step
    transforms, model = fitting(task, "u" if are_images else "f")
    scaled = _scaled(task, in_time=Dataset.registry.get(name).in_time_order)
    fallback = Option("fallback", "stand_in", "without a network: train on generated rows", suggested=True)
    data = [
        Option("name", name),
        *transforms,
        *scaled,
        Option("validation", 0.2, "monitored during training"),
        fallback,
    ]
    rows = 1_000 if task.input.kind in ("array", "table") and len(task.input.shape) == 1 else 20_000
    return first_file([f"A first model of {name}."], output, data, model, Fit(rows))


def _scaled(task: Task, *, in_time: bool = False) -> list[Option]:
    """Return the option that standardizes a numeric target; not that of a series, which its own transforms change."""
    if in_time or task.output.kind != "regression" or task.output.units != 1:
        return []
    return [SCALED_TARGET]
