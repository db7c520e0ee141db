"""Reads and writes transforms.npz, the fitted states of a run's transforms: one array per transform and key."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlpy.core.errors import RunError
from dlpy.data.tables.training_ranges import TrainingRanges
from dlpy.data.task import State
from dlpy.storage.atomic import write_arrays
from dlpy.storage.npz import read_npz


def write_states(path: Path, names: list[str], states: list[State], ranges: TrainingRanges | None) -> None:
    """Write the names of a run's transforms, their states, and the ranges of the training rows."""
    arrays = {f"{i}.{key}": array for i, state in enumerate(states) for key, array in state.items()}
    arrays |= {} if ranges is None else ranges.arrays()
    arrays["steps"] = np.array(names, np.str_)
    write_arrays(path, arrays)


def read_states(path: Path) -> tuple[list[str], list[State], TrainingRanges | None]:
    """Return the names of a run's transforms, their states, and the training ranges if the file has them.

    Raises:
        RunError: the file is missing or damaged.
    """
    try:
        stored = read_npz(path)
        transforms = stored.pop("steps")
        if transforms.ndim != 1 or transforms.dtype.kind != "U":
            raise ValueError("'steps' holds no names")
        states: list[State] = [{} for _ in transforms]
        ranges = TrainingRanges.taken_from(stored)
        for name, array in stored.items():
            position, _, key = name.partition(".")
            if not position.isdecimal() or not key:
                raise ValueError(f"it has an array '{name}'")
            states[int(position)][key] = array
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise RunError(f"{path} is missing or damaged: {error}.") from None
    return transforms.tolist(), states, ranges
