"""Photographs of cats and dogs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError, UnavailableError
from dlpy.core.progress import progress_bar
from dlpy.data.images.cache import decoded
from dlpy.data.images.files import SUFFIXES, Form
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._folders import entries
from dlpy.datasets._image_files import OnBad, Size, skipped_images
from dlpy.datasets.image_folder import ImageFolder
from dlpy.stand_ins.pets import pets
from dlpy.storage.locate import given, in_data_folder

_CLASSES = ("cat", "dog")
_PARTS = {"train": range(1000), "validation": range(1000, 1500), "test": range(1500, 2000)}
_SMALL = "cats_and_dogs_small"
_DAMAGED = {"PetImages/Cat/666.jpg", "PetImages/Dog/11702.jpg"}  # empty files in Microsoft's archive
_ADVICE = (
    "dlpy cannot download it. Get train.zip from https://www.kaggle.com/c/dogs-vs-cats/data "
    "(with an account) or PetImages from https://www.microsoft.com/en-us/download/details.aspx?id=54765, unpack it "
    "and set data.path to it or put it into $DLPY_DATA/cats_vs_dogs; or set data.fallback: stand_in to train on "
    "generated images."
)


class CatsVsDogs(Dataset):
    """4,000 of Kaggle's cat and dog photographs (2013), split as in section 5.2 of the book: 2,000, 1,000 and 1,000.

    `path` is a folder that contains cat.0.jpg, dog.0.jpg, ..., or these in train/; or Microsoft's PetImages, with
    Cat/0.jpg and Dog/0.jpg; or the book's cats_and_dogs_small, with train/cats, train/dogs, ... For each class, images
    0 to 999 are for training, 1000 to 1499 for validation and 1500 to 1999 for testing; of cats_and_dogs_small, every
    image is used. To use all 25,000 images, use image_folder with pattern: '{class}.{number}.jpg'.
    """

    has_columns = True

    name: Literal["cats_vs_dogs"] = "cats_vs_dogs"
    size: Size = [150, 150]
    """Height and width to which images are resized, in pixels; one number for both."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "box"] = "nearest"
    """Interpolation method for resizing; nearest is what the book used, bilinear looks better."""
    validation: Holdout | None = Holdout(column="part", value="validation")
    on_bad: OnBad = "error"
    """How to handle unreadable images. error: stop and list them; skip: skip them and record this in the run."""

    def outline(self) -> Task:
        height, width = self.size
        return Task.single(Input("array", (height, width, 3)), Output("binary", 1, _CLASSES))

    def load(self) -> Loaded:
        root = _root(self.path)
        names, labels, parts = _listed(root)
        with progress_bar(f"reading {len(names):,} images") as progress:
            found = decoded(root, names, self.form(self.outline()), progress)
        notes = tuple(skipped_images(names, found, self.on_bad))
        columns = {"part": parts[found.kept], "file": np.array(names, np.str_)[found.kept]}
        rows = Rows.single(found.pictures, labels[found.kept], columns)
        return self._divided(rows, Source("file", str(root)), notes)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        drawn = [pets(seed, part, count, self.size) for part, count in enumerate(_counts(limit))]
        pictures, labels = (np.concatenate(arrays) for arrays in zip(*drawn, strict=True))
        parts = np.repeat([*_PARTS], [len(labels) for _, labels in drawn])
        rows = Rows.single(pictures, labels, {"part": parts})
        return self._divided(rows, Source("stand-in", "a generated stand-in for cats_vs_dogs"), ())

    def read(self, path: Path, task: Task) -> Rows:
        folder = ImageFolder(path=str(path), size=self.size, interpolation=self.interpolation, convert=True)
        return folder.read(path, task)

    def form(self, task: Task) -> Form:
        height, width = self.size
        return Form((height, width), interpolation=self.interpolation, convert=True)

    def _divided(self, rows: Rows, source: Source, notes: tuple[str, ...]) -> Loaded:
        tested = rows.columns["part"] == "test"
        train, test = (rows.take(np.flatnonzero(chosen)) for chosen in (~tested, tested))
        return Loaded(train, test if len(test) else None, self.outline(), source, {}, notes)


def _counts(limit: int | None) -> tuple[int, int, int]:
    """Return the number of stand-in images in each split."""
    return (2000, 1000, 1000) if limit is None else (limit - limit // 3, limit // 3, limit)


def _root(path: str | None) -> Path:
    found = given(path) if path is not None else in_data_folder("cats_vs_dogs") or in_data_folder(_SMALL)
    if found is None:
        raise UnavailableError(f"cats_vs_dogs was not found on this machine. {_ADVICE}")
    return found


def _listed(root: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the image paths relative to the root, and the class and split of each, with alternating classes.

    Raises:
        DataError: the folder has none of the known layouts, or a split lacks a class.
    """
    found = _small(root) or _by_number(root)
    if not found:
        raise DataError(f"{root} contains neither cat.0.jpg nor Cat/0.jpg nor train/cats. {_ADVICE}")
    there = {(part, label) for _, label, part, _ in found}
    for part in _PARTS:
        for label, name in enumerate(_CLASSES):
            if (part, label) not in there and (part, 1 - label) in there:
                raise DataError(f"{root} has no {name} images in the {part} split.")
    order = {part: place for place, part in enumerate(_PARTS)}
    found.sort(key=lambda row: (order[row[2]], row[3], row[1]))
    names, labels, parts, _ = zip(*found, strict=True)
    return list(names), np.array(labels), np.array(parts)


Listed = list[tuple[str, int, str, int]]  # path, class, split and number of each image


def _small(root: Path) -> Listed:
    """Return the images of cats_and_dogs_small; empty if the folder has another layout."""
    found: Listed = []
    for part in _PARTS:
        for label, name in enumerate(_CLASSES):
            for path in _files(root, f"{part}/{name}s"):
                found.append((path, label, part, _number(path)))
    return found


def _by_number(root: Path) -> Listed:
    """Return the images whose numbers the book uses, from Kaggle's or Microsoft's folder."""
    part_of = {number: part for part, numbers in _PARTS.items() for number in numbers}
    found: Listed = []
    for label, name in enumerate(_CLASSES):
        paths = [path for folder in ("", "train") for path in _files(root, folder) if Path(path).name.startswith(name)]
        paths = paths or _files(root, name.title()) or _files(root, f"PetImages/{name.title()}")
        kept = [path for path in paths if not (root.name + "/" + path).endswith(tuple(_DAMAGED))]
        found += [(path, label, part_of[_number(path)], _number(path)) for path in kept if _number(path) in part_of]
    return found


def _files(root: Path, folder: str) -> list[str]:
    """Return the image files in a folder as paths relative to the root; empty if the folder does not exist."""
    if not (root / folder).is_dir():
        return []
    names = [entry.name for entry in entries(root / folder) if entry.is_file(follow_symlinks=False)]
    return [(Path(folder) / name).as_posix() for name in names if name.lower().endswith(SUFFIXES)]


def _number(path: str) -> int:
    """Return the last number in a file name, or -1."""
    found = re.findall(r"\d+", Path(path).stem)
    return int(found[-1]) if found else -1
