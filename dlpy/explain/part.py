"""The rows of a run that explanations are computed on: held-out rows unless others are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.core.suggestions import command
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run, count_look
from dlpy.training.loaded_rows import parts_of, same_rows
from dlpy.training.pieces import in_memory
from dlpy.training.split_names import Part

IN_WORDS: dict[str, str] = {"train": "training", "validation": "validation", "test": "test"}


@dataclass(frozen=True)
class PartRows:
    """The rows of a part of a run's data before the transforms.

    task: of the data, with the words of integers if they are known. others: the rows of the other parts.
    """

    run: Run
    name: Part
    rows: Rows
    task: Task
    others: dict[str, Rows]

    @property
    def title(self) -> str:
        """The rows in words, such as "validation rows"."""
        return f"{IN_WORDS[self.name]} rows"

    def sample(self, most: int, seed: int) -> np.ndarray:
        """Return the positions of at most `most` of the rows, in order."""
        if len(self.rows) <= most:
            return np.arange(len(self.rows))
        return np.sort(np.random.default_rng(seed).choice(len(self.rows), most, replace=False))

    def position(self, number: int) -> int:
        """Return the position of the row with this number in the data.

        Raises:
            ConfigError: the part has no such row.
        """
        found = np.flatnonzero(self.rows.index == number)
        if len(found):
            return int(found[0])
        for name, rows in self.others.items():
            if number in rows.index:
                hint = f"it is one of the {IN_WORDS[name]} rows: add --split {name}"
                raise ConfigError(f"--row {number}: {hint}.")
        first, last = int(self.rows.index.min()), int(self.rows.index.max())
        raise ConfigError(f"--row {number}: there is no such row; the {self.title} lie between {first} and {last}.")


def part_rows(run: Run, experiment: Experiment, name: Part) -> PartRows:
    """Return the rows of a part of a run's data; of test rows, a look at them is counted.

    Raises:
        DataError: the data is missing or has changed, or has no such rows.
    """
    loaded = same_rows(run, experiment)
    parts = parts_of(run, experiment, loaded)
    if name not in parts:
        other: Part = "test" if "test" in parts else "train"
        hint = f"`{command('explain', run.id, '--split', other)}` uses the {IN_WORDS[other]} rows"
        caution = ", on which a model looks better than it is" if other == "train" else ""
        raise DataError(f"run {run.id} has no {IN_WORDS[name]} rows: {hint}{caution}.")
    if name == "test":
        count_look(run)
    return PartRows(
        run, name, in_memory(parts.pop(name), f"dlpy explain needs the {IN_WORDS[name]} rows"), loaded.task, parts
    )
