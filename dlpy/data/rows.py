"""Rows of a dataset, their splits, and their source."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Features, Padded, Passages, Pictures, Scaled, Windows, arrays_of, take
from dlpy.data.stored.array import StoredArray
from dlpy.data.stored.base import Digest, Stored
from dlpy.data.stored.mapped_rows import blocks_of, gathered, give_back, holds_for_any, parts_of
from dlpy.data.task import Task

SERIES_SCALE, SERIES_OFFSET = "series scale", "series offset"  # columns: turn a row's target back into its own unit
PLACE = "place"  # the column with the number that the row of a target has in training, where it is not its index
TRUTH = "truth"  # the column that says which rows of a series are known to be anomalies: (rows,) bool
SAMPLE_WEIGHT = "sample weight"  # the column that holds how much each training row counts in the loss


@dataclass(frozen=True)
class Rows:
    """Rows of a dataset: inputs and targets by name, and the position of each row in its source.

    Targets are (rows,) or (rows, units) numbers; classes are given by their numbers. Where a target is missing, it is
    NaN, or -1 as a class. Targets of steps are (rows, steps), see `data/steps.py`. Rows to predict have no targets.
    """

    inputs: dict[str, Features]
    targets: dict[str, np.ndarray] = field(default_factory=dict)
    index: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    columns: dict[str, np.ndarray] = field(default_factory=dict)  # per row, not fed to the model: groups, split marks

    @classmethod
    def single(cls, x: Features, y: np.ndarray | None = None, columns: dict[str, np.ndarray] | None = None) -> Rows:
        """Return rows with one input and at most one target, numbered from 0."""
        return cls({"input": x}, {} if y is None else {"target": y}, np.arange(len(x)), columns or {})

    @property
    def x(self) -> Features:
        """The only input."""
        (only,) = self.inputs.values()
        return only

    @property
    def array(self) -> np.ndarray:
        """The only input, which must be an array."""
        if isinstance(self.x, Scaled | Padded | Windows | Passages):
            return self.x.numbers()
        if isinstance(self.x, Pictures | StoredArray):
            return self.x.read()
        if not isinstance(self.x, np.ndarray):
            raise TypeError(f"expected an array, not {type(self.x).__name__}")
        return self.x

    @property
    def y(self) -> np.ndarray:
        """The only target."""
        (only,) = self.targets.values()
        return only

    def __len__(self) -> int:
        return len(self.index)

    def check_lengths(self, where: str) -> None:
        """Raise DataError if inputs and targets have different lengths."""
        for name, values in (*self.inputs.items(), *self.targets.items(), *self.columns.items()):
            if len(values) != len(self):
                raise DataError(f"{where}: {len(self):,} rows of inputs, but {len(values):,} of {name}.")

    def with_x(self, x: Features, name: str | None = None) -> Rows:
        """Return the same rows with another input: the only one unless it is named."""
        (name,) = [name] if name is not None else self.inputs
        return replace(self, inputs={**self.inputs, name: x})

    def with_y(self, y: np.ndarray, name: str | None = None) -> Rows:
        """Return the same rows with another target: the only one unless it is named."""
        (name,) = [name] if name is not None else self.targets
        return replace(self, targets={**self.targets, name: y})

    def of_input(self, name: str) -> Rows:
        """Return the rows with this input alone."""
        return replace(self, inputs={name: self.inputs[name]})

    def of_target(self, name: str) -> Rows:
        """Return the rows with this target alone; rows without targets stay without."""
        return replace(self, targets={name: self.targets[name]} if self.targets else {})

    def with_target(self, name: str) -> Rows:
        """Return the rows that have this target, with it alone; rows without targets stay without."""
        rows = self.of_target(name)
        is_whole = not rows.targets or not holds_for_any(rows.y, is_missing)
        return rows if is_whole else rows.take(known_rows(rows.y))

    def take(self, rows: np.ndarray) -> Rows:
        """Return the selected rows, in the given order."""
        index = gathered(self.index, rows)
        return Rows(
            {name: self._taken(features, rows, index) for name, features in self.inputs.items()},
            {name: gathered(target, rows) for name, target in self.targets.items()},
            index,
            {name: gathered(column, rows) for name, column in self.columns.items()},
        )

    def _taken(self, features: Features, rows: np.ndarray, index: np.ndarray) -> Features:
        """Return the selected rows of an input; rows in a file share the memory of their positions with `index`."""
        if isinstance(features, Stored) and features.rows is self.index:
            return features.at(index)
        return take(features, rows)


def windows_of_several(rows: Rows) -> Windows | None:
    """Return the windows that are the input of rows of several series; None for other rows."""
    x = next(iter(rows.inputs.values()), None)
    return x if isinstance(x, Windows) and x.owner is not None else None


def series_of(rows: Rows) -> np.ndarray | None:
    """Return the name of each row's series, (rows,) str; None unless the rows are windows of several."""
    x = windows_of_several(rows)
    return None if x is None else x.names


def is_missing(target: np.ndarray) -> np.ndarray:
    """Return for each row whether it has no target, or not all of several numbers: (rows,) bool.

    A row with targets of steps, (rows, steps) classes or (rows, steps, units) numbers, is missing if all of them are.
    """
    if target.ndim == 3:
        return np.all(np.any(np.isnan(target), axis=2), axis=1)
    if target.ndim == 2 and target.dtype.kind != "f":
        return np.all(np.less(target, 0), axis=1)
    missing = np.isnan(target) if target.dtype.kind == "f" else np.less(target, 0)
    return np.any(missing.reshape(len(target), -1), axis=1)


def known_rows(target: np.ndarray) -> np.ndarray:
    """Return the positions of the rows that have this target: (known,) int64."""
    return np.flatnonzero(~is_missing(target))


@dataclass(frozen=True)
class Source:
    """The source of the rows: a file, or a stand-in generated by dlpy."""

    kind: Literal["file", "stand-in"]
    description: str
    always_generated: bool = False  # whether the dataset has no file: there is nothing that it stands in for


@dataclass(frozen=True)
class Loaded:
    """A loaded dataset: training rows, test rows, and the task, all before any transform."""

    train: Rows
    test: Rows | None
    task: Task
    source: Source
    resolved: dict[str, object] = field(default_factory=dict)  # unset options with the values derived from the data
    notes: tuple[str, ...] = ()  # lines about the data, shown by `dlpy check --data`

    def fingerprint(self) -> str:
        """Return the sha256 of all arrays and split marks, for detecting later changes of the data."""
        digest = hashlib.sha256()
        for rows in (self.train, self.test):
            parts = [] if rows is None else [*rows.inputs.values(), *rows.targets.values(), *rows.columns.values()]
            for features in parts:
                if isinstance(features, Stored):
                    features.update(digest)
                    continue
                for array in arrays_of(features):
                    _hash_array(digest, array)
            if rows is not None:
                _hash_names(digest, rows)
        return digest.hexdigest()


def _hash_array(digest: Digest, array: np.ndarray) -> None:
    digest.update(f"{array.dtype.str}{array.shape}".encode())
    for some in parts_of(array):
        digest.update(np.ascontiguousarray(array[some]).reshape(-1).view(np.uint8).data)


def _hash_names(digest: Digest, rows: Rows) -> None:
    """Give a hash the name of each row's series, where there are several."""
    x = windows_of_several(rows)
    if x is not None and x.ids:
        digest.update(f"{np.array(x.ids).dtype.str}{(len(x),)}".encode())
        for some in blocks_of(x.starts):
            digest.update(x.take(np.arange(some.start, some.stop)).names.view(np.uint8).data)


@dataclass(frozen=True)
class Data:
    """The transformed rows of one training, as fed to the model."""

    train: Rows
    validation: Rows | None
    test: Rows | None
    task: Task

    def give_back(self) -> None:
        """Give the memory of what was read of rows in files back to the system."""
        for rows in (self.train, self.validation, self.test):
            if rows is not None:
                give_back(rows.index, *rows.targets.values(), *rows.columns.values())

    def of_output(self, name: str) -> Data:
        """Return the rows that have this target, with it alone."""
        if len(self.task.outputs) == 1 and not self.task.output.has_missing:
            return self
        validation = None if self.validation is None else self.validation.with_target(name)
        same = self.test is self.validation
        test = validation if same else None if self.test is None else self.test.with_target(name)
        return Data(self.train.with_target(name), validation, test, self.task.of_output(name))
