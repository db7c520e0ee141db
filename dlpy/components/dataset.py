"""The base class of datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import AnyTransform, Transform
from dlpy.core.errors import ConfigError
from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.augmentation import Augmentation
from dlpy.data.class_filter import Names
from dlpy.data.images.files import Form
from dlpy.data.rows import Loaded, Rows
from dlpy.data.splits import Holdout
from dlpy.data.task import Task

if TYPE_CHECKING:
    from pathlib import Path


class Dataset(Component):
    """Gives rows. Fields that every dataset has are here; a subclass adds its own and the methods."""

    registry = Registry[type["Dataset"]]("dataset", "dlpy.datasets")
    has_columns: ClassVar[bool] = False  # whether rows can be told apart by a column of their table
    in_time_order: ClassVar[bool] = False  # whether rows overlap their neighbours in time: no folds, no random rows

    path: str | None = None
    """A file or folder of your own instead of the download; beside the experiment file or in the current folder."""
    transforms: list[AnyTransform] = []
    """What is done to the rows, in order; fitted on training rows only."""
    augmentation: Augmentation | None = None
    """How training pictures are changed at random, such as {rotation: 40, zoom: 0.2, flip: horizontal}."""
    validation: Holdout | None = Holdout(fraction=0.2)
    """Rows held out to watch training: a count (the first rows), a fraction (drawn at random), a mapping, or null."""
    only: Names | None = None
    """The classes whose rows are taken, by name or number, such as [frog]; all of them unless given."""
    split_seed: Annotated[int, Field(ge=0, le=10**18)] = 0
    """Seed of random splits; apart from `seed`, so that runs with other seeds hold out the same rows."""
    fallback: Literal["stand_in"] | None = None
    """What to do where the data cannot be had: stop with an error (null) or train on dlpy's generated stand-in."""

    @property
    def rows_are_in_time(self) -> bool:
        """Whether later rows must not be learnt from before earlier ones are scored, as folds would."""
        return self.in_time_order

    def outline(self) -> Task | None:
        """Return the task as far as the options tell it, or None where only the data can tell."""
        return None

    def check(self) -> None:
        """Raise ConfigError where the options do not fit the files they name, as far as a look at their sizes tells."""

    def load(self) -> Loaded:
        """Return all rows.

        Raises:
            DataError: the data cannot be had or is not what it should be.
        """
        raise self.lacks("load")

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        """Return generated rows like the real ones (at most `limit` of each split, where given)."""
        raise ConfigError(f"data.fallback: {self.name} has no stand-in.")

    def read(self, path: Path, task: Task) -> Rows:
        """Return the rows of a user's file, with or without targets, for `dlpy predict`."""
        reads = "read(path, task), the method that reads a user's file"
        raise ConfigError(f"dlpy predict cannot read {path}: dataset '{self.name}' has no {reads}.")

    def carried(self, path: Path, names: list[str]) -> dict[str, list[str]]:
        """Return the cells of some columns of a user's file, a cell for each row that `read` gives.

        Raises:
            ConfigError: the file has no such column, or its rows are no lines of a table.
        """
        raise ConfigError(f"--keep: {self.name} does not predict the rows of a table, whose columns could be kept.")

    def form(self, task: Task) -> Form:
        """Return what picture files are brought to, to be like the rows of this task, which no transform has seen.

        Raises:
            ConfigError: such rows are no pictures.
        """
        shape = task.input.shape
        channels = shape[2] if len(shape) == 3 else 1
        if task.input.kind != "array" or len(shape) not in (2, 3) or channels not in (1, 3) or None in shape:
            raise ConfigError(f"{self.name} gives {task.input}, not pictures.")
        return Form((shape[0] or 1, shape[1] or 1), "rgb" if channels == 3 else "grayscale", convert=True)

    def holdouts(self) -> dict[str, Holdout]:
        """Return the options that say which rows are held out, by the part they make: validation, test."""
        return {name: value for name, value in self if isinstance(value, Holdout)}

    def divided(self, loaded: Loaded, holdout: Holdout) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the rows that are no test rows train and which validate, as positions."""
        held = holdout.held_out(loaded.train, loaded.task, self.split_seed)
        return np.flatnonzero(~held), np.flatnonzero(held)

    def steps(self) -> list[Transform]:
        """Return every transform that the rows go through, those the dataset needs itself included."""
        return list(self.transforms)


AnyDataset = Annotated[Dataset, Slot(Dataset.registry)]
