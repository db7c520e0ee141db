"""Arrays in an npz file, as inputs and as targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dlpy.core.errors import ConfigError, DataError, UnavailableError, did_you_mean
from dlpy.data.rows import Rows
from dlpy.data.tables.targets import Wanted
from dlpy.data.task import Kind, Output
from dlpy.storage.npz import ArraysError, read_npz, sizes_of

_MOST_CLASSES = 10_000
_ROWS_PER_CLASS = 5

Arrays = dict[str, np.ndarray]


def members(path: Path) -> dict[str, int]:
    """Return the size in bytes of each array in the file, without unpacking any.

    Raises:
        DataError: the file is missing or damaged.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder; expected an npz file.")
    try:
        return sizes_of(path)
    except FileNotFoundError:
        raise UnavailableError(f"there is no file {path}.") from None
    except ArraysError as error:
        raise DataError(f"{path} is damaged or is not an npz file written by numpy.savez: {error}.") from None


def require(path: Path, named: Sequence[tuple[str, str]], known: dict[str, int]) -> None:
    """Raise ConfigError for an array that an option names and the file does not have."""
    for key, name in named:
        if name not in known:
            raise ConfigError(f"data.{key}: {path} has no array '{name}'.{did_you_mean(name, known)}")


def read(path: Path, names: list[str]) -> Arrays:
    """Return the named arrays of the file.

    Raises:
        DataError: the file is damaged, or an array does not hold numbers.
    """
    try:
        arrays = read_npz(path, names)
    except ArraysError as error:
        raise DataError(f"{path} is damaged or contains data that dlpy does not support: {error}.") from None
    return {name: _numbers(path, name, array) for name, array in arrays.items()}


def _numbers(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "buif":
        raise DataError(f"{path}: '{name}' contains {array.dtype}; expected numbers (bool, int, uint or float).")
    if array.ndim == 0:
        raise DataError(f"{path}: '{name}' is a single number; expected one row per example.")
    return array.astype(np.float64) if array.dtype.kind == "f" and array.dtype.itemsize > 8 else array


def check_lengths(path: Path, arrays: Arrays, names: Sequence[str]) -> None:
    """Raise DataError if the first of the arrays has no rows, or another one has more or fewer."""
    first, *others = names
    if len(arrays[first]) == 0:
        raise DataError(f"{path}: '{first}' has no rows.")
    for name in others:
        if len(arrays[name]) != len(arrays[first]):
            raise DataError(f"{path}: '{first}' has {len(arrays[first])} rows, '{name}' has {len(arrays[name])}.")


def as_input(array: np.ndarray) -> np.ndarray:
    """Return an array of inputs: (rows, ...); single numbers become vectors of one."""
    return array.reshape(-1, 1) if array.ndim == 1 else array


def as_target(path: Path, name: str, y: np.ndarray) -> np.ndarray:
    """Return an array of targets: (rows,) or (rows, units)."""
    if y.ndim > 2:
        raise DataError(f"{path}: '{name}' has shape {y.shape}; expected (rows,) or (rows, outputs).")
    return y.reshape(-1) if y.ndim == 1 or y.shape[1] == 1 else y


def output_of(path: Path, name: str, targets: list[np.ndarray], wanted: Wanted) -> Output:
    """Return the type of a target, given its array of the training rows and, if there is one, of the test rows.

    Raises:
        DataError: the numbers do not fit the type that is wanted.
    """
    width = 1 if targets[0].ndim == 1 else targets[0].shape[1]
    if any((1 if y.ndim == 1 else y.shape[1]) != width for y in targets):
        raise DataError(f"{path}: training and test targets have different numbers of columns.")
    y = np.concatenate(targets)
    y = y[~_missing(y, wanted)]
    if len(y) == 0:
        raise DataError(f"{path}: '{name}' is missing in every row.")
    if wanted.kind == "multilabel":
        return _labels(path, name, y, wanted)
    if width == 1:
        return _single(path, name, y, wanted)
    if wanted.kind not in (None, "regression"):
        hint = f"'{name}' has shape (rows, {width}). Save its argmax(axis=1), or set {wanted.key}.task: regression."
        raise DataError(f"{path}: expected class numbers, but {hint}")
    return Output("regression", width, has_missing=wanted.mask)


def output_of_steps(path: Path, names: tuple[str, str], every: list[Rows]) -> Output:
    """Return the type of targets of steps, given the rows of all parts.

    Args:
        names: of the input and of the target.

    Raises:
        DataError: shapes do not fit, or the targets are no class numbers.
    """
    x, y = names
    for rows in every:
        shapes = rows.array.shape, rows.y.shape
        if len(shapes[0]) < 3 or len(shapes[1]) != 2 or shapes[0][:2] != shapes[1]:
            hint = f"'{x}' has shape {shapes[0]} and '{y}' {shapes[1]}"
            raise DataError(f"{path}: {hint}; expected (rows, steps, columns) and (rows, steps).")
    labels = np.concatenate([rows.y.reshape(-1) for rows in every])
    labels = np.where(np.isnan(labels), -1, labels) if labels.dtype.kind == "f" else labels
    known = labels[labels != -1]
    if len(known) == 0:
        raise DataError(f"{path}: '{y}' is missing at every step.")
    found = _classes(path, y, known, Wanted("multiclass"), whole=bool((known == np.floor(known)).all()))
    return replace(found, steps=every[0].y.shape[1], per_step=True, has_missing=len(known) < len(labels))


def typed(y: np.ndarray, output: Output) -> np.ndarray:
    """Return targets in the task's type: int64 class numbers or float32 numbers; -1 or NaN where one is missing."""
    if not output.has_classes:
        with np.errstate(over="ignore"):  # later checks report values that become infinite
            return y.astype(np.float32)
    if output.is_per_step:
        return np.where(np.isnan(y), -1, y).astype(np.int32)
    return np.where(np.isnan(y), -1, y).astype(np.int64) if output.has_missing else y.astype(np.int64)


def _missing(y: np.ndarray, wanted: Wanted) -> np.ndarray:
    """Return for each row whether its target is missing and may be: (rows,) bool."""
    if not wanted.mask:
        return np.zeros(len(y), np.bool_)
    gone = np.isnan(y) if y.dtype.kind == "f" else np.zeros(y.shape, np.bool_)
    if wanted.kind in ("binary", "multiclass", "ordinal"):
        gone |= y == -1
    return np.any(gone.reshape(len(y), -1), axis=1)


def _single(path: Path, name: str, y: np.ndarray, wanted: Wanted) -> Output:
    """Return the type of a target with one number for each row."""
    low, high = float(y.min()), float(y.max())
    whole = bool(np.isfinite(y.sum(dtype=np.float64)) and (y == np.floor(y)).all())
    if wanted.kind == "counts" and (not whole or low < 0):
        raise DataError(
            f"{path}: '{name}' contains values from {low:g} to {high:g}; counts are whole numbers from 0 up."
        )
    classes = whole and low >= 0 and (high + 1) * _ROWS_PER_CLASS <= len(y)
    if wanted.kind in ("regression", "counts") or (wanted.kind is None and not classes and not wanted.classes):
        return Output("regression", is_count=wanted.kind == "counts", has_missing=wanted.mask)
    return _classes(path, name, y, wanted, whole=whole)


def _classes(path: Path, name: str, y: np.ndarray, wanted: Wanted, *, whole: bool) -> Output:
    if not whole or y.min() < 0 or y.max() >= _MOST_CLASSES:
        raise DataError(
            f"{path}: '{name}' contains values from {y.min()} to {y.max()}; classes should be integers from 0 up."
        )
    count = len(wanted.classes) or int(y.max()) + 1
    if y.max() >= count:
        raise DataError(f"{path}: '{name}' contains class {int(y.max())}; {wanted.key}.classes names {count}, from 0.")
    if count < 2:
        raise DataError(f"{path}: '{name}' is 0 in every row; expected at least two classes.")
    if wanted.kind == "binary" and count > 2:
        raise DataError(f"{path}: '{name}' contains classes up to {count - 1}; a binary target contains only 0 and 1.")
    kind: Kind = "binary" if count == 2 else "multiclass"
    kind = wanted.kind if wanted.kind in ("binary", "multiclass", "ordinal") else kind
    classes = wanted.classes or tuple(str(number) for number in range(count))
    return Output(kind, 1 if kind == "binary" else count, classes, has_missing=wanted.mask)


def _labels(path: Path, name: str, y: np.ndarray, wanted: Wanted) -> Output:
    """Return the type of a target whose columns are labels of 0 and 1."""
    width = 1 if y.ndim == 1 else y.shape[1]
    if width < 2 or not np.isin(y, (0, 1)).all():
        raise DataError(f"{path}: '{name}' has shape {y.shape}; expected labels of 0 and 1, (rows, labels).")
    return Output("multilabel", width, tuple(str(number) for number in range(width)), has_missing=wanted.mask)
