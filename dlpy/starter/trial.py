"""Loads the rows of a new experiment as training would, to see that it can start and to test options on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.data.rows import Rows
from dlpy.data.task import Output
from dlpy.data.units import own_numbers
from dlpy.data.validate import check, check_every_class, class_numbers
from dlpy.training.pipeline import split, transform


@dataclass(frozen=True)
class Trial:
    """The rows of each part, and the features of the training rows if these are a single matrix.

    train: the training rows. held_out: the validation and test rows. x: (training rows, columns), or None.
    """

    train: Rows
    held_out: tuple[Rows, ...]
    x: np.ndarray | None
    output: Output

    def class_counts(self, output: Output) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of rows of each class among the training rows, and among all rows: (classes,) each."""
        counts = [
            np.bincount(class_numbers(rows, output), minlength=output.class_count)
            for rows in (self.train, *self.held_out)
        ]
        return counts[0], np.sum(counts, axis=0)

    def fewest(self, output: Output) -> int:
        """Return the number of training rows of the rarest class, or of all training rows of another target."""
        return int(self.class_counts(output)[0].min()) if output.has_classes else len(self.train)

    def own_targets(self) -> np.ndarray:
        """Return the numbers to predict in the training rows, in their own unit: (rows,) float64."""
        return own_numbers(self.train.y, self.output).astype(np.float64).reshape(-1)


def trial_of(dataset: Dataset) -> Trial:
    """Return the rows of a dataset as training would use them.

    Raises:
        DataError: training cannot start with these splits.
    """
    loaded = dataset.load()
    parts = split(dataset, loaded)
    if not any(given.kind == "table" for given in loaded.task.inputs.values()):
        if loaded.task.output.has_classes:
            check_every_class(parts.train, loaded.task)
        return Trial(parts.train, _others(parts.validation, parts.test), None, loaded.task.output)
    data, _ = transform(dataset, parts, loaded.task)
    check(data)
    x = data.train.x if len(data.train.inputs) == 1 else None
    matrix = x if isinstance(x, np.ndarray) and x.ndim == 2 else None
    return Trial(data.train, _others(data.validation, data.test), matrix, data.task.output)


def _others(*parts: Rows | None) -> tuple[Rows, ...]:
    return tuple(rows for rows in parts if rows is not None)
