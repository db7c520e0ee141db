"""How boosting grows trees, in the words of both libraries, and what they share."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.components.estimator import Fitted, Job, Round
from dlpy.core.hidden_packages import hidden
from dlpy.data.task import Output

# Both libraries import these for interfaces that dlpy does not use: 0.5 s without them, 2 to 5 s with them.
_NOT_NEEDED = ("sklearn", "pandas", "pyarrow", "polars", "matplotlib", "dask", "cudf")


@dataclass(frozen=True)
class Growth:
    """Options of boosting; None leaves one to the library.

    trees: of each class. learning_rate: factor of each. depth, leaves: the most of a tree. leaf_rows: the fewest rows
    of a leaf. penalty: factor of the squared leaves. rows, columns: the fractions that each tree sees.
    """

    trees: int
    learning_rate: float
    depth: int
    leaves: int
    leaf_rows: int | None
    penalty: float | None
    rows: float
    columns: float


class Library(ABC):
    """A library that grows trees."""

    @abstractmethod
    def rounds(self, job: Job, growth: Growth) -> Iterator[Round]:
        """Yield the trees after each round."""

    @abstractmethod
    def read(self, path: Path, output: Output) -> Fitted:
        """Return the trees in a file."""


def light_import() -> AbstractContextManager[None]:
    """Return a context to import a library in, without the packages that it would import and not use."""
    # threads that wait must not take time from others: on a loaded machine, trainings took minutes
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    return hidden(*_NOT_NEEDED)


def columns_of(prediction: np.ndarray) -> np.ndarray:
    """Return predictions as a new array: (rows, units) float32."""
    return np.array(prediction.reshape(len(prediction), -1), np.float32)


def known(options: dict[str, object]) -> dict[str, object]:
    """Return the options that are not left to the library."""
    return {name: value for name, value in options.items() if value is not None}
