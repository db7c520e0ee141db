"""What the npz files of a run hold, checked before anything is drawn of it: predictions, splits, pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from dlpy.arrays import ArraysError, read_npz
from dlpy.data import Output
from dlpy.errors import RunError

T = TypeVar("T")
Arrays = Mapping[str, np.ndarray]

PARTS = {"validation": "validation rows", "test": "test rows", "out_of_fold": "out-of-fold rows"}
LARGEST = 1e200  # a larger number is as good as infinite: no axis holds it
_MOST_INDEX = 2**48
_TIMES = (-62_135_596_800_000_000, 253_402_300_800_000_000)  # of the years 1 to 9999, in microseconds since 1970
_PICTURES = {"originals": 1, "reconstructions": 1, "interpolation": 2, "edited": 2, "grid": 2, "samples": 1}
_PICTURES |= {"nearest": 1}  # axes in front of height and width


@dataclass(frozen=True)
class Stored:
    """Targets and predictions of one part in predictions.npz, in the target's own unit.

    target: (rows,) class numbers, or (rows, units) values. prediction: (rows, units).
    index: (rows,) positions in the source. baseline: (rows, units), of windows of a series.
    time: (rows,) datetime64, where there are time stamps.
    """

    part: str
    target: np.ndarray
    prediction: np.ndarray
    index: np.ndarray
    baseline: np.ndarray | None = None
    time: np.ndarray | None = None


@dataclass(frozen=True)
class WrongPictures:
    """The most wrong pictures of one part: image (rows, height, width[, channels]), target (rows,) class numbers.

    prediction: (rows, units). names: of the files, where the pictures are from files.
    """

    image: np.ndarray
    target: np.ndarray
    prediction: np.ndarray
    names: list[str] | None


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an npz file of the run; none where it is not written yet.

    Raises:
        RunError: the file is damaged.
    """
    if not path.is_file():
        return {}
    try:
        return read_npz(path)
    except (OSError, ArraysError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None


def _read(path: Path, parse: Callable[[Arrays], T]) -> T | None:
    """Return what is parsed of an npz file, None where there is none."""
    arrays = read_arrays(path)
    if not arrays and not path.is_file():
        return None
    try:
        return parse(arrays)
    except ArraysError as error:
        raise RunError(f"{path} is damaged: {error}.") from None


def read_predictions(path: Path, output: Output | None) -> list[Stored]:
    """Return the parts of predictions.npz that have rows.

    Raises:
        RunError: the file is damaged, or is of another task.
    """

    def parse(arrays: Arrays) -> list[Stored]:
        parts = [part for part in PARTS if any(name.startswith(f"{part}.") for name in arrays)]
        found = [_stored(part, _within(arrays, f"{part}."), output) for part in parts]
        return [stored for stored in found if len(stored.target)]

    return _read(path, parse) or []


def read_fold(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows, targets and predictions of a fold.

    Raises:
        RunError: the file is damaged or is not there.
    """

    def parse(arrays: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = _positions(arrays, "rows")
        target, prediction = (_numbers(arrays, name, len(rows)) for name in ("target", "prediction"))
        if not len(rows) or prediction.ndim != 2 or target.ndim > 2 or not np.isfinite(target).all():
            raise ArraysError(f"its arrays have shapes {target.shape} and {prediction.shape}")
        return rows, target, prediction

    found = _read(path, parse)
    if found is None:
        raise RunError(f"{path} is missing.")
    return found


def read_splits(path: Path) -> Arrays:
    """Return which rows went where, by part.

    Raises:
        RunError: the file is damaged.
    """
    return _read(path, lambda arrays: {name: _positions(arrays, name) for name in arrays}) or {}


def read_wrongest(path: Path, output: Output | None) -> WrongPictures | None:
    """Return the most wrong pictures of one part, or None where none are kept.

    Raises:
        RunError: the file is damaged, or is of another task.
    """

    def parse(arrays: Arrays) -> WrongPictures:
        image = _numbers(arrays, "image")
        rows = len(image) if image.ndim else -1
        if image.ndim not in (3, 4) or not math.prod(image.shape[1:]) or not _is_moderate(image):
            raise ArraysError(f"its pictures have shape {image.shape}")
        target, prediction = _classes(arrays, rows, output)
        names = _texts(arrays, "name", rows) if "name" in arrays else None
        return WrongPictures(image, target, prediction, names)

    return _read(path, parse)


def read_augmented(path: Path) -> list[np.ndarray]:
    """Return a training picture and what augmentation made of it: (height, width[, channels]) bytes each."""

    def parse(arrays: Arrays) -> list[np.ndarray]:
        pictures = [*_bytes(arrays, "picture", 0)[None], *_bytes(arrays, "augmented", 1)]
        if len({picture.shape for picture in pictures}) > 1:
            raise ArraysError("its pictures are of different sizes")
        return pictures

    return _read(path, parse) or []


def read_made(path: Path) -> Arrays:
    """Return what a model that makes rows shows of itself, as `latent_pieces` and `sample_pieces` made it.

    Raises:
        RunError: the file is damaged.
    """
    return _read(path, _made) or {}


def _made(arrays: Arrays) -> Arrays:
    found = {name: _bytes(arrays, name, before) for name, before in _PICTURES.items() if name in arrays}
    for one, other in (("reconstructions", "originals"), ("originals", "reconstructions"), ("samples", "nearest")):
        if one in found and (other not in found or found[one].shape != found[other].shape):
            raise ArraysError(f"'{one}' and '{other}' have different shapes")
    if "grid" in found and found["grid"].shape[0] != found["grid"].shape[1]:
        raise ArraysError("'grid' is no square")
    if "means" in arrays:
        found["means"] = _moderate(arrays, "means", 2)
        found["part"] = np.array(_texts(arrays, "part", None)[0])
    if "labels" in arrays:
        found |= _labelled(arrays, found["means"] if "means" in found else _moderate(arrays, "means", 2))
    if "edited" in found and len(found.get("classes", ())) != len(found["edited"]):
        raise ArraysError("'edited' has not a row for each class")
    return found


def _labelled(arrays: Arrays, means: np.ndarray) -> dict[str, np.ndarray]:
    labels, classes = _positions(arrays, "labels"), _positions(arrays, "classes")
    attributes = _moderate(arrays, "attributes", 2)
    if len(labels) != len(means) or not len(labels) or attributes.shape != (len(classes), means.shape[1]):
        raise ArraysError(
            f"its labels, classes and attributes have {len(labels)}, {len(classes)}, {len(attributes)} rows"
        )
    if not np.isin(labels, classes).all() or len(np.unique(classes)) != len(classes):
        raise ArraysError("its labels are not among its classes")
    return {"labels": labels, "classes": classes, "attributes": attributes}


def _within(arrays: Arrays, prefix: str) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _stored(part: str, arrays: Arrays, output: Output | None) -> Stored:
    try:
        index = _positions(arrays, "index")
        rows = len(index)
        if output is not None and output.has_classes:
            target, prediction = _classes(arrays, rows, output)
        else:
            target, prediction = _numbers(arrays, "target", rows), _values(arrays, "prediction", rows)
            alike = output is None or target.size == prediction.size
            if not _is_moderate(target) or target.ndim > 2 or not alike:
                raise ArraysError(f"its targets and predictions have shapes {target.shape} and {prediction.shape}")
        baseline = _values(arrays, "baseline", rows) if "baseline" in arrays else None
        if baseline is not None and baseline.shape != prediction.shape:
            raise ArraysError(f"its baseline has shape {baseline.shape}")
        return Stored(part, target, prediction, index, baseline, _times(arrays, rows) if "time" in arrays else None)
    except ArraysError as error:
        raise ArraysError(f"{part} rows: {error}") from None


def _classes(arrays: Arrays, rows: int, output: Output | None) -> tuple[np.ndarray, np.ndarray]:
    """Return class numbers (rows,), and the probabilities (rows, units) that were given to the classes."""
    target, prediction = _numbers(arrays, "target", rows), _values(arrays, "prediction", rows)
    units = prediction.shape[1]
    wanted = units if output is None or output.units is None else output.units
    if target.ndim != 1 or units != wanted or not units:
        raise ArraysError(f"its targets and predictions have shapes {target.shape} and {prediction.shape}")
    if not ((target >= 0) & (target < max(2, units)) & (target == np.floor(target))).all():
        raise ArraysError(f"a target is none of {max(2, units)} classes")
    return target.astype(np.int64), prediction


def _values(arrays: Arrays, name: str, rows: int) -> np.ndarray:
    """Return numbers as (rows, units) float64; NaN where they are too large for any use."""
    found = _numbers(arrays, name, rows)
    found = found.reshape(rows, math.prod(found.shape[1:])).astype(np.float64)
    return np.where(np.abs(found) <= LARGEST, found, np.nan)


def _numbers(arrays: Arrays, name: str, rows: int | None = None) -> np.ndarray:
    found = _there(arrays, name)
    if found.dtype.kind not in "biuf" or (rows is not None and (not found.ndim or len(found) != rows)):
        raise ArraysError(f"'{name}' is of type {found.dtype} and shape {found.shape}")
    return found


def _moderate(arrays: Arrays, name: str, axes: int) -> np.ndarray:
    found = _numbers(arrays, name)
    if found.ndim != axes or not found.size or not _is_moderate(found):
        raise ArraysError(f"'{name}' is of type {found.dtype} and shape {found.shape}, or holds no usable numbers")
    return found


def _is_moderate(numbers: np.ndarray) -> bool:
    return bool((np.abs(numbers.astype(np.float64)) <= LARGEST).all())


def _bytes(arrays: Arrays, name: str, before: int) -> np.ndarray:
    """Return pictures of bytes: (..., height, width[, 1 or 3]) with so many axes before."""
    found = _there(arrays, name)
    axes = found.ndim - before
    if found.dtype != np.uint8 or axes not in (2, 3) or not found.size or (axes == 3 and found.shape[-1] not in (1, 3)):
        raise ArraysError(f"'{name}' is of type {found.dtype} and shape {found.shape}")
    return found


def _positions(arrays: Arrays, name: str) -> np.ndarray:
    """Return numbers of rows or classes: (rows,) int64."""
    found = _there(arrays, name)
    if found.dtype.kind not in "iu" or found.ndim != 1 or not ((found >= 0) & (found < _MOST_INDEX)).all():
        raise ArraysError(f"'{name}' does not hold positions of rows")
    return found.astype(np.int64)


def _times(arrays: Arrays, rows: int) -> np.ndarray:
    found = _numbers(arrays, "time", rows)
    if found.dtype.kind != "i" or found.ndim != 1 or not ((found >= _TIMES[0]) & (found < _TIMES[1])).all():
        raise ArraysError("'time' holds no times")
    return found.astype("datetime64[us]")


def _texts(arrays: Arrays, name: str, rows: int | None) -> list[str]:
    found = _there(arrays, name)
    if found.dtype.kind != "U" or (found.shape != (rows,) if rows is not None else found.ndim):
        raise ArraysError(f"'{name}' is of type {found.dtype} and shape {found.shape}")
    return found.reshape(-1).tolist()


def _there(arrays: Arrays, name: str) -> np.ndarray:
    if name not in arrays:
        raise ArraysError(f"there is no array '{name}' in it")
    return arrays[name]
