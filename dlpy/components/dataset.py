"""The base class of datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.named_options import InputOptions, TargetOptions, check_first, wrong_like
from dlpy.components.named_transform import OfInput, OfTarget
from dlpy.components.transform import AnyTransform, Transform
from dlpy.core.errors import ConfigError
from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.augmentation import Augmentation
from dlpy.data.class_filter import Names
from dlpy.data.images.files import Form
from dlpy.data.rows import Loaded, Rows
from dlpy.data.splits import Holdout, KFold
from dlpy.data.task import TARGET, Task
from dlpy.storage.fetched import fetched, kept_copy
from dlpy.storage.objects import is_remote

if TYPE_CHECKING:
    from pathlib import Path


class Dataset(Component):
    """Loads rows. The options of every dataset are defined here; a subclass adds its own options and `load`."""

    registry = Registry[type["Dataset"]]("dataset", "dlpy.datasets")
    has_columns: ClassVar[bool] = False  # whether rows are those of a table with named columns
    in_time_order: ClassVar[bool] = False  # whether consecutive rows overlap in time: no random hold-out
    folds_go_forward: ClassVar[bool] = False  # whether each fold is trained on rows before those that it is scored on

    path: str | None = None
    """File or folder with the data, relative to the experiment file or the current folder, or an address such as
    s3://bucket/table.csv, which is copied into the cache; default: the download."""
    transforms: list[AnyTransform] = []
    """Transforms of the rows, in order, such as [standardize]; fitted on training rows only."""
    target_transforms: list[AnyTransform] = []
    """Transforms of a numeric target, in order, such as [log, standardize]; predictions and scores stay in its unit."""
    augmentation: Augmentation | None = None
    """Random changes of training images, such as {rotation: 40, zoom: 0.2, flip: horizontal}; none by default."""
    validation: Holdout | None = Holdout(fraction=0.2)
    """Validation rows: a count (the first rows), a fraction (random rows), a mapping, or null for none."""
    only: Names | None = None
    """Classes to keep, by name or number, such as [frog]; default: all."""
    split_seed: Annotated[int, Field(ge=0, le=10**18)] = 0
    """Seed of random splits. It is separate from `seed`, so that runs with other seeds hold out the same rows."""
    fallback: Literal["stand_in"] | None = None
    """What to do if the data is unavailable: stop with an error (null) or train on a generated stand-in (stand_in)."""

    @model_validator(mode="after")
    def _one_list_for_a_target(self) -> Dataset:
        if self.target_transforms and self.target_options():
            first = next(iter(self.target_options()))
            raise ValueError(f"target_transforms: with 'targets', each has its own: data.targets.{first}.transforms")
        if self.target_transforms and self.in_time_order:
            raise ValueError("target_transforms: 'transforms' apply to the whole series, its target included")
        check_first(self.target_transforms)
        return self

    @model_validator(mode="after")
    def _like_another_input(self) -> Dataset:
        options = self.input_options()
        for name, option in options.items():
            if option.like is not None and (wrong := wrong_like(name, option, options)):
                raise ValueError(f"inputs.{name}.like: {wrong}")
        return self

    @property
    def rows_are_in_time(self) -> bool:
        """Whether rows are in time order, so that folds would train on rows later than those they score."""
        return self.in_time_order

    def outline(self) -> Task | None:
        """Return the task as far as the options determine it, or None if only the data does."""
        return None

    def check(self) -> None:
        """Raise ConfigError if the options do not fit the files they name; only names and sizes are inspected."""

    def here(self) -> Dataset:
        """Return the dataset with the present copies of remote files, which are downloaded if necessary.

        Raises:
            DataError: they are unavailable. SetupError: a package is missing.
        """
        return self._with_copies(fetched)

    def as_kept(self) -> Dataset:
        """Return the dataset with the copies of remote files that are on this machine already."""
        return self._with_copies(lambda address: kept_copy(address) or address)

    def _with_copies(self, copy: Callable[[str], str | Path]) -> Dataset:
        remote = {name: value for name, value in self if isinstance(value, str) and is_remote(value)}
        copies = {name: str(copy(address)) for name, address in remote.items()}
        return self.model_copy(update=copies) if copies else self

    def reads_in_pieces(self) -> bool:
        """Return whether rows stay on disk, since they need more memory than they may take."""
        return False

    def load(self) -> Loaded:
        """Return all rows.

        Raises:
            DataError: the data is unavailable or invalid.
        """
        raise self.lacks("load")

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        """Return generated rows that resemble the real ones, at most `limit` of each split."""
        raise ConfigError(f"data.fallback: {self.name} has no stand-in: remove 'fallback'.")

    def read(self, path: Path, task: Task) -> Rows:
        """Return the rows of a file, with or without targets, for `dlpy predict`."""
        raise ConfigError(f"dlpy predict cannot read {path}: dataset '{self.name}' has no method read(path, task).")

    def history(self, path: Path, task: Task) -> Rows:
        """Return the rows that `read` returns, of a series with the targets that the file holds, and NaN for others."""
        return self.read(path, task)

    def exceeds_memory(self, path: Path) -> bool:
        """Return whether the rows of a file to predict need more memory than they may take."""
        return False

    def read_pieces(self, path: Path, keep: list[str]) -> Iterator[tuple[Rows, dict[str, list[str]]]]:
        """Yield the rows of a file to predict, some thousand at a time, and the cells of columns to keep."""
        raise self.lacks("read_pieces")

    def ahead(self, path: Path | None, steps: int, tell: Callable[[str], object] | None = None) -> Rows:
        """Return the last window of each series in a file (default: the data's), with the column "times" (rows, steps).

        Args:
            path: the file. steps: the number of rows to predict.
            tell: shows which series are left out, and why; None: a series that cannot be continued is an error.

        Raises:
            ConfigError: the rows are no series, or fewer steps are predicted.
        """
        raise ConfigError(f"--ahead continues a series, and the rows of {self.name} are none: remove it.")

    def to_score(self, path: Path | None, truth: str | None) -> Rows:
        """Return the windows of a file (default: the data's) with their targets, for scores of anomalies.

        Args:
            path: the file. truth: the column that says which rows are anomalies; the rows get it as the column TRUTH.

        Raises:
            ConfigError: the rows are no series.
        """
        raise ConfigError(f"--score compares a series with its forecasts, which {self.name} does not give: remove it.")

    def usually_carried(self) -> list[str]:
        """Return the columns that `carried` adds in any case, where a file has them."""
        return []

    def carried(self, path: Path, names: list[str]) -> dict[str, list[str]]:
        """Return the cells of columns of a file, one for each row that `read` returns.

        Raises:
            ConfigError: a column is missing, or the file is not a table.
        """
        raise ConfigError(f"--keep: the rows of {self.name} are not those of a table: remove --keep.")

    def form(self, task: Task) -> Form:
        """Return the size and color mode that image files need to match the untransformed rows of a task.

        Raises:
            ConfigError: the rows are not images.
        """
        shape = task.input.shape
        channels = shape[2] if len(shape) == 3 else 1
        if task.input.kind != "array" or len(shape) not in (2, 3) or channels not in (1, 3) or None in shape:
            raise ConfigError(f"{self.name} gives {task.input}, not images.")
        return Form((shape[0] or 1, shape[1] or 1), "rgb" if channels == 3 else "grayscale", convert=True)

    def holdouts(self) -> dict[str, Holdout]:
        """Return the options that hold rows out, by the name of the split: validation, test."""
        return {name: value for name, value in self if isinstance(value, Holdout)}

    def divided(self, loaded: Loaded, holdout: Holdout) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the training rows and of the validation rows."""
        held = holdout.held_out(loaded.train, loaded.task, self.split_seed)
        return np.flatnonzero(~held), np.flatnonzero(held)

    def folds(self, loaded: Loaded, kfold: KFold) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the positions of the training rows and of the validation rows of each fold."""
        return list(kfold.split(loaded.train, loaded.task, self.split_seed))

    def all_transforms(self) -> list[Transform]:
        """Return the transforms of the rows in order, including those that the dataset itself needs."""
        return [*self.transforms, *self.named_transforms()]

    def named_transforms(self) -> list[Transform]:
        """Return the transforms of one among several inputs or targets, and those of the only target."""
        found: list[Transform] = []
        for of, option in self.input_options().items():
            like = tuple(name for name, other in self.input_options().items() if other.like == of)
            for inner in option.all_transforms():
                keys = ("data", "inputs", of, *_place(option, inner))
                found.append(OfInput(name=inner.name, of=of, inner=inner, keys=keys, like=like))
        for of, option in self.target_options().items():
            for inner in option.all_transforms():
                keys = ("data", "targets", of, *_place(option, inner))
                found.append(OfTarget(name=inner.name, of=of, inner=inner, keys=keys))
        own = enumerate(self.target_transforms)
        keys = ("data", "target_transforms")
        return [*found, *(OfTarget(name=one.name, of=TARGET, inner=one, keys=(*keys, place)) for place, one in own)]

    def input_options(self) -> Mapping[str, InputOptions]:
        """Return the options that are given for one among several inputs."""
        return {}

    def target_options(self) -> Mapping[str, TargetOptions]:
        """Return the options that are given for one among several targets."""
        return {}

    def augmentations(self, task: Task) -> dict[str, Augmentation]:
        """Return the random changes of training images by input."""
        if self.augmentation is not None:
            return dict.fromkeys(task.inputs, self.augmentation)
        return {name: given.augmentation for name, given in self.input_options().items() if given.augmentation}


class NamedDataset(Dataset):
    """A dataset whose rows may have several inputs or targets, with options for each."""

    inputs: Mapping[str, InputOptions] | None = None
    """Options of each input, such as {words: {transforms: [{name: pad, length: 100}]}}."""
    targets: Mapping[str, TargetOptions] | None = None
    """Options of each target, such as {price: {transforms: [log, standardize]}}."""

    def input_options(self) -> Mapping[str, InputOptions]:
        return self.inputs or {}

    def target_options(self) -> Mapping[str, TargetOptions]:
        return self.targets or {}


def _place(options: InputOptions | TargetOptions, inner: Transform) -> tuple[str | int, ...]:
    """Return the keys that lead to a transform of an input or target; none if the dataset itself needs it."""
    return ("transforms", options.transforms.index(inner)) if inner in options.transforms else ()


AnyDataset = Annotated[Dataset, Slot(Dataset.registry)]
