"""The parts and the checkpoint of a run that a user names, checked."""

from __future__ import annotations

from typing import get_args

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.runs import checkpoints
from dlpy.training.evaluate import Part


def part_names(names: list[str]) -> list[Part]:
    """Return the names of parts, checked."""
    for name in names:
        if name not in get_args(Part):
            raise ConfigError(f"--split {name}: there is no such part.{did_you_mean(name, get_args(Part))}")
    return [part for part in get_args(Part) if part in names]


def checkpoint_name(name: str) -> checkpoints.Which:
    """Return the name of a checkpoint, checked."""
    for which in ("best", "last"):
        if name == which:
            return which
    raise ConfigError(f"--checkpoint {name}: expected best or last.")
