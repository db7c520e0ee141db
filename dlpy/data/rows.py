"""Rows of a dataset, the parts they are divided into, and where they came from."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Features, Padded, Passages, Pictures, Scaled, Windows, arrays_of, take
from dlpy.data.task import Task


@dataclass(frozen=True)
class Rows:
    """Some rows of a dataset: inputs and targets by name, and each row's position in its source.

    targets hold (rows,) or (rows, units) numbers; a class is its number. Rows to predict have no targets.
    """

    inputs: dict[str, Features]
    targets: dict[str, np.ndarray] = field(default_factory=dict)
    index: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    columns: dict[str, np.ndarray] = field(default_factory=dict)  # per row, not for the model: groups, split marks

    @classmethod
    def single(cls, x: Features, y: np.ndarray | None = None, columns: dict[str, np.ndarray] | None = None) -> "Rows":
        """Return rows of one input and at most one target, numbered from 0."""
        return cls({"input": x}, {} if y is None else {"target": y}, np.arange(len(x)), columns or {})

    @property
    def x(self) -> Features:
        """The only input."""
        (only,) = self.inputs.values()
        return only

    @property
    def array(self) -> np.ndarray:
        """The only input, of rows that hold an array."""
        if isinstance(self.x, Scaled | Padded | Windows | Passages):
            return self.x.numbers()
        if isinstance(self.x, Pictures):
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
        """Raise DataError where some rows lack a part that others have."""
        for name, values in (*self.inputs.items(), *self.targets.items(), *self.columns.items()):
            if len(values) != len(self):
                raise DataError(f"{where}: {len(self):,} rows of inputs, {len(values):,} of {name}.")

    def with_x(self, x: Features) -> "Rows":
        """Return the same rows with another single input."""
        return replace(self, inputs=dict.fromkeys(self.inputs, x))

    def with_y(self, y: np.ndarray) -> "Rows":
        """Return the same rows with another single target."""
        return replace(self, targets=dict.fromkeys(self.targets, y))

    def take(self, rows: np.ndarray) -> "Rows":
        """Return the chosen rows, in that order."""
        return Rows(
            {name: take(features, rows) for name, features in self.inputs.items()},
            {name: target[rows] for name, target in self.targets.items()},
            self.index[rows],
            {name: column[rows] for name, column in self.columns.items()},
        )


@dataclass(frozen=True)
class Source:
    """Where the rows came from: files on this machine, or dlpy's generated stand-in."""

    kind: Literal["file", "stand-in"]
    description: str


@dataclass(frozen=True)
class Loaded:
    """What a dataset gives: rows to train on, rows to test on, and the task they pose, all before any transform."""

    train: Rows
    test: Rows | None
    task: Task
    source: Source
    resolved: dict[str, object] = field(default_factory=dict)  # options the file left open, as the data decided them
    notes: tuple[str, ...] = ()  # lines that `dlpy check --data` tells of the data

    def fingerprint(self) -> str:
        """Return the sha256 of every array and split mark, so that a later run can tell whether the data changed."""
        digest = hashlib.sha256()
        for rows in (self.train, self.test):
            parts = [] if rows is None else [*rows.inputs.values(), *rows.targets.values(), *rows.columns.values()]
            for features in parts:
                for array in arrays_of(features):
                    digest.update(f"{array.dtype.str}{array.shape}".encode())
                    digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class Data:
    """The rows of one training, transformed: what the model sees."""

    train: Rows
    validation: Rows | None
    test: Rows | None
    task: Task
