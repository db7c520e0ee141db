"""Reads and checks arrays from a run's npz files: numbers, row positions and texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np

from dlpy.core.errors import RunError
from dlpy.data.task import Output
from dlpy.storage.npz import ArraysError, read_npz

T = TypeVar("T")
Arrays = Mapping[str, np.ndarray]

_LARGEST = 1e200  # larger numbers are treated as infinite: no plot axis can show them
_MOST_INDEX = 2**48


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a run's npz file; an empty mapping if it is not written yet.

    Raises:
        RunError: the file is damaged.
    """
    if not path.is_file():
        return {}
    try:
        return read_npz(path)
    except (OSError, ArraysError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None


def parsed(path: Path, parse: Callable[[Arrays], T]) -> T | None:
    """Return an npz file as parsed by `parse`, or None if there is no file.

    Raises:
        RunError: the file is damaged, or `parse` raises ArraysError.
    """
    arrays = read_arrays(path)
    if not arrays and not path.is_file():
        return None
    try:
        return parse(arrays)
    except ArraysError as error:
        raise RunError(f"{path} is damaged: {error}.") from None


def classes(arrays: Arrays, rows: int, output: Output | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the target's class numbers (rows,) and the predicted probabilities (rows, units)."""
    target, prediction = numbers(arrays, "target", rows), values(arrays, "prediction", rows)
    units = prediction.shape[1]
    wanted = units if output is None or output.units is None else output.units
    if target.ndim != 1 or units != wanted or not units:
        raise ArraysError(f"its targets and predictions have shapes {target.shape} and {prediction.shape}")
    if not ((target >= 0) & (target < max(2, units)) & (target == np.floor(target))).all():
        raise ArraysError(f"a target is not one of the {max(2, units)} classes")
    return target.astype(np.int64), prediction


def values(arrays: Arrays, name: str, rows: int) -> np.ndarray:
    """Return numbers as (rows, units) float64; NaN where they are too large to be usable."""
    found = numbers(arrays, name, rows)
    found = found.reshape(rows, math.prod(found.shape[1:])).astype(np.float64)
    return np.where(np.abs(found) <= _LARGEST, found, np.nan)


def numbers(arrays: Arrays, name: str, rows: int | None = None) -> np.ndarray:
    """Return a numeric array, checked to have `rows` rows if given."""
    found = there(arrays, name)
    if found.dtype.kind not in "biuf" or (rows is not None and (not found.ndim or len(found) != rows)):
        raise ArraysError(f"'{name}' is of type {found.dtype} and shape {found.shape}")
    return found


def moderate(arrays: Arrays, name: str, axes: int) -> np.ndarray:
    """Return an array with `axes` axes of finite numbers."""
    found = numbers(arrays, name)
    if found.ndim != axes or not found.size or not is_moderate(found):
        raise ArraysError(f"'{name}' is of type {found.dtype} and shape {found.shape}, or holds no usable numbers")
    return found


def is_moderate(found: np.ndarray) -> bool:
    """Return whether all numbers are finite and not too large to be usable."""
    return bool((np.abs(found.astype(np.float64)) <= _LARGEST).all())


def positions(arrays: Arrays, name: str) -> np.ndarray:
    """Return row positions or class numbers: (rows,) int64."""
    found = there(arrays, name)
    if found.dtype.kind not in "iu" or found.ndim != 1 or not ((found >= 0) & (found < _MOST_INDEX)).all():
        raise ArraysError(f"'{name}' does not hold positions of rows")
    return found.astype(np.int64, copy=False)


def texts(arrays: Arrays, name: str, rows: int | None) -> list[str]:
    """Return `rows` texts, or the single text of a scalar array if `rows` is None."""
    found = there(arrays, name)
    if found.dtype.kind != "U" or (found.shape != (rows,) if rows is not None else found.ndim):
        raise ArraysError(f"'{name}' is of type {found.dtype} and shape {found.shape}")
    return found.reshape(-1).tolist()


def there(arrays: Arrays, name: str) -> np.ndarray:
    """Return the array of that name; raise ArraysError if there is none."""
    if name not in arrays:
        raise ArraysError(f"there is no array '{name}' in it")
    return arrays[name]
