"""The parts of a run's rows: training, validation and test rows, by the names that commands take."""

from __future__ import annotations

from typing import Literal, get_args

from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.data.rows import Rows
from dlpy.runs.directory import Run

Part = Literal["train", "validation", "test"]


def wanted_parts(run: Run, parts: list[Part], raw: dict[str, Rows]) -> list[Part]:
    """Return the parts to score: those that are asked for, or else the validation rows and the test rows.

    Raises:
        DataError: the data has no such rows.
    """
    wanted: list[Part] = parts or [part for part in get_args(Part) if part != "train" and part in raw]
    missing = [part for part in wanted if part not in raw]
    if missing or not wanted:
        raise DataError(f"run {run.id} has no {missing[0] if missing else 'validation or test'} rows.")
    return wanted


def part_names(names: list[str]) -> list[Part]:
    """Return the names of parts, checked."""
    for name in names:
        if name not in get_args(Part):
            raise ConfigError(f"--split {name}: there is no such part.{did_you_mean(name, get_args(Part))}")
    return [part for part in get_args(Part) if part in names]
