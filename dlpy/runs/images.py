"""Reads the images in a run: most wrong predictions, augmented images, samples of generative models, artworks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError, RunError
from dlpy.data.images.files import Form, read_picture
from dlpy.data.task import Output
from dlpy.runs.arrays import Arrays, classes, is_moderate, moderate, numbers, parsed, positions, texts, there
from dlpy.runs.directory import Run
from dlpy.storage.npz import ArraysError

_SOURCES = ("picture", "content", "style")
_PICTURES = {"originals": 1, "reconstructions": 1, "interpolation": 2, "edited": 2, "grid": 2, "samples": 1}
_PICTURES |= {"nearest": 1}  # axes before height and width
_MOST_PICTURES = 10_000  # per name, as sheets enlarge small images
_MOST_AUGMENTED = 64


@dataclass(frozen=True)
class WrongPictures:
    """The most wrong images of one split: image (rows, height, width[, channels]), target (rows,) class numbers.

    Of videos, image is (rows, frames, height, width, channels).

    prediction: (rows, units). names: file names, if the images come from files.
    """

    image: np.ndarray
    target: np.ndarray
    prediction: np.ndarray
    names: list[str] | None


def read_wrongest(path: Path, output: Output | None) -> WrongPictures | None:
    """Return the most wrong images of one split, or None if the run has none.

    Raises:
        RunError: the file is damaged, or is of another task.
    """

    def parse(arrays: Arrays) -> WrongPictures:
        image = numbers(arrays, "image")
        rows = len(image) if image.ndim else -1
        if image.ndim not in (3, 4, 5) or not math.prod(image.shape[1:]) or not is_moderate(image):
            raise ArraysError(f"its images have shape {image.shape}")
        target, prediction = classes(arrays, rows, output)
        names = texts(arrays, "name", rows) if "name" in arrays else None
        return WrongPictures(image, target, prediction, names)

    return parsed(path, parse)


def read_augmented(path: Path) -> list[np.ndarray]:
    """Return a training image followed by augmented versions of it, each (height, width[, channels]) uint8."""

    def parse(arrays: Arrays) -> list[np.ndarray]:
        pictures = [*_bytes(arrays, "picture", 0)[None], *_bytes(arrays, "augmented", 1)]
        if len({picture.shape for picture in pictures}) > 1 or len(pictures) > _MOST_AUGMENTED:
            raise ArraysError(f"its {len(pictures):,} images have different sizes, or are too many")
        return pictures

    return parsed(path, parse) or []


def read_made(path: Path) -> Arrays:
    """Return the arrays of a generative model, as made by `latent_pieces` and `sample_pieces`.

    Raises:
        RunError: the file is damaged.
    """
    return parsed(path, _made) or {}


def artwork_files(run: Run) -> list[Path]:
    """Return the source images of an artwork, and its final image or else the latest intermediate one."""
    samples = run.path / "samples"
    kept = [*samples.glob("octave-*.png"), *samples.glob("iteration-*.png")]
    made = samples / "final.png" if (samples / "final.png").is_file() else max(kept, default=None)
    sources = [samples / f"{name}.png" for name in _SOURCES]
    return [] if made is None else [*(file for file in sources if file.is_file()), made]


def read_artwork(files: list[Path]) -> dict[str, np.ndarray]:
    """Return the images of an artwork by file name without suffix.

    Raises:
        RunError: a file is damaged.
    """
    try:
        return {file.stem: read_picture(file, Form(convert=True)) for file in files}
    except DataError as error:
        raise RunError(str(error)) from None


def _made(arrays: Arrays) -> Arrays:
    found = {name: _bytes(arrays, name, before) for name, before in _PICTURES.items() if name in arrays}
    for one, other in (("reconstructions", "originals"), ("originals", "reconstructions"), ("samples", "nearest")):
        if one in found and (other not in found or found[one].shape != found[other].shape):
            raise ArraysError(f"'{one}' and '{other}' have different shapes")
    if "grid" in found and found["grid"].shape[0] != found["grid"].shape[1]:
        raise ArraysError("'grid' is not square")
    if "means" in arrays:
        found["means"] = moderate(arrays, "means", 2)
        found["part"] = np.array(texts(arrays, "part", None)[0])
    if "labels" in arrays:
        found |= _labelled(arrays, found["means"] if "means" in found else moderate(arrays, "means", 2))
    if "edited" in found and len(found.get("classes", ())) != len(found["edited"]):
        raise ArraysError("'edited' does not have a row for each class")
    return found


def _labelled(arrays: Arrays, means: np.ndarray) -> dict[str, np.ndarray]:
    labels, known = positions(arrays, "labels"), positions(arrays, "classes")
    attributes = moderate(arrays, "attributes", 2)
    if len(labels) != len(means) or not len(labels) or attributes.shape != (len(known), means.shape[1]):
        raise ArraysError("its labels, classes and attributes do not fit each other")
    if not np.isin(labels, known).all() or len(np.unique(known)) != len(known):
        raise ArraysError("its labels are not among its classes")
    return {"labels": labels, "classes": known, "attributes": attributes}


def _bytes(arrays: Arrays, name: str, before: int) -> np.ndarray:
    """Return uint8 images: (..., height, width[, 1 or 3]) with `before` leading axes."""
    found = there(arrays, name)
    axes = found.ndim - before
    if found.dtype != np.uint8 or axes not in (2, 3) or not found.size or (axes == 3 and found.shape[-1] not in (1, 3)):
        raise ArraysError(f"'{name}' is of type {found.dtype} and shape {found.shape}")
    if math.prod(found.shape[:before]) > _MOST_PICTURES:
        raise ArraysError(f"'{name}' holds more than {_MOST_PICTURES:,} images")
    return found
