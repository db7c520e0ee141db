"""What classic families share: estimators kept as arrays, and the functions that turn their sums into predictions."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np

from dlpy.components.estimator import Fitted
from dlpy.core.hidden_packages import hidden
from dlpy.data.task import Output
from dlpy.scores.links import sigmoid, softmax
from dlpy.storage.npz import ArraysError, read_npz

SCIKIT_LEARN = {"sklearn": "scikit-learn"}
_NOT_NEEDED = ("pandas", "pyarrow", "polars", "matplotlib")


def light_import() -> AbstractContextManager[None]:
    """Return a context to import a package in, without the packages that it would import besides and not use."""
    return hidden(*_NOT_NEEDED)


@contextmanager
def warnings_caught() -> Iterator[list[str]]:
    """Keep scikit-learn's warnings from the screen.

    Yields:
        A list that holds those about convergence, each as a line, once the block has ended.
    """
    lines: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield lines
    lines += [str(warning.message).splitlines()[0] for warning in caught if "Convergence" in warning.category.__name__]


class InArrays(Fitted):
    """An estimator that is kept as arrays in model.npz.

    arrays: finite numbers by name.
    """

    file = "model.npz"

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, **self.arrays)  # type: ignore

    @property
    def parameters(self) -> int:
        return sum(array.size for array in self.arrays.values())


def read_numbers(path: Path, shapes: dict[str, int]) -> dict[str, np.ndarray]:
    """Return the arrays of a file.

    Args:
        shapes: the number of axes of each array that must be there.

    Raises:
        ArraysError: the file is damaged.
    """
    arrays = read_npz(path)
    if {name: array.ndim for name, array in arrays.items()} != shapes:
        raise ArraysError(f"it has other arrays than {', '.join(shapes)}")
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub" or not np.isfinite(array).all():
            raise ArraysError(f"'{name}' holds something other than finite numbers")
    return arrays


def require_columns(x_columns: int, known: int) -> None:
    """Raise ArraysError if an estimator was fitted to other columns."""
    if x_columns != known:
        raise ArraysError(f"it was fitted to {known:,} columns, and the rows have {x_columns:,}")


def linked(x: np.ndarray, output: Output) -> np.ndarray:
    """Return the predictions for a target from linear sums: (rows, units) float32."""
    if output.has_classes:
        x = sigmoid(x) if x.shape[1] == 1 else softmax(x)
    return x.astype(np.float32)
