"""Photographs of cats and of dogs."""

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
from dlpy.datasets._image_files import OnBad, left_out
from dlpy.datasets.image_folder import ImageFolder, Size
from dlpy.stand_ins.pets import pets
from dlpy.storage.locate import given, in_data_folder

_CLASSES = ("cat", "dog")
_PARTS = {"train": range(1000), "validation": range(1000, 1500), "test": range(1500, 2000)}
_SMALL = "cats_and_dogs_small"
_DAMAGED = {"PetImages/Cat/666.jpg", "PetImages/Dog/11702.jpg"}  # as Microsoft publishes them: empty files
_ADVICE = (
    "There is no free download that dlpy could fetch. Get train.zip from https://www.kaggle.com/c/dogs-vs-cats/data "
    "(with an account) or PetImages from https://www.microsoft.com/en-us/download/details.aspx?id=54765, unpack it and "
    "name the folder by data.path or put it into $DLPY_DATA/cats_vs_dogs; or set data.fallback: stand_in to train on "
    "generated pictures."
)


class CatsVsDogs(Dataset):
    """4,000 of Kaggle's photographs of cats and dogs (2013), divided as in the book's 5.2: 2,000, 1,000 and 1,000.

    `path` is a folder with cat.0.jpg, dog.0.jpg, ..., or with these in train/; or Microsoft's PetImages, with Cat/0.jpg
    and Dog/0.jpg; or the book's cats_and_dogs_small, with train/cats, train/dogs, ... Of each class the numbers 0 to
    999 train, 1000 to 1499 validate and 1500 to 1999 test; of cats_and_dogs_small whatever is there.
    All 25,000 pictures: use image_folder, with pattern: '{class}.{number}.jpg'.
    """

    has_columns = True

    name: Literal["cats_vs_dogs"] = "cats_vs_dogs"
    size: Size = [150, 150]
    """Height and width that photographs are brought to; one number for both."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "box"] = "nearest"
    """How pixels are found where the size changes; nearest is what the book's tools did, bilinear looks better."""
    validation: Holdout | None = Holdout(column="part", value="validation")
    on_bad: OnBad = "error"
    """What to do with pictures that cannot be read: stop and name them, or leave them out, which the run records."""

    def outline(self) -> Task:
        height, width = self.size
        return Task.single(Input("array", (height, width, 3)), Output("binary", 1, _CLASSES))

    def load(self) -> Loaded:
        root = _root(self.path)
        names, labels, parts = _listed(root)
        with progress_bar(f"reading {len(names):,} pictures") as progress:
            found = decoded(root, names, self.form(self.outline()), progress)
        notes = tuple(left_out(names, found, self.on_bad))
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
    """Return how many pictures each part of the stand-in has."""
    return (2000, 1000, 1000) if limit is None else (limit - limit // 3, limit // 3, limit)


def _root(path: str | None) -> Path:
    found = given(path) if path is not None else in_data_folder("cats_vs_dogs") or in_data_folder(_SMALL)
    if found is None:
        raise UnavailableError(f"cats_vs_dogs is not on this machine. {_ADVICE}")
    return found


def _listed(root: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the pictures' paths from the root on, and the class and the part of each, classes taking turns.

    Raises:
        DataError: the folder holds none of the layouts, or a part lacks a class.
    """
    found = _small(root) or _by_number(root)
    if not found:
        raise DataError(f"{root} holds neither cat.0.jpg nor Cat/0.jpg nor train/cats. {_ADVICE}")
    there = {(part, label) for _, label, part, _ in found}
    for part in _PARTS:
        for label, name in enumerate(_CLASSES):
            if (part, label) not in there and (part, 1 - label) in there:
                raise DataError(f"{root} has no {name} among the {part} pictures.")
    order = {part: place for place, part in enumerate(_PARTS)}
    found.sort(key=lambda row: (order[row[2]], row[3], row[1]))
    names, labels, parts, _ = zip(*found, strict=True)
    return list(names), np.array(labels), np.array(parts)


Listed = list[tuple[str, int, str, int]]  # path, class, part and number of each picture


def _small(root: Path) -> Listed:
    """Return the pictures of cats_and_dogs_small, where that is the layout."""
    found: Listed = []
    for part in _PARTS:
        for label, name in enumerate(_CLASSES):
            for path in _files(root, f"{part}/{name}s"):
                found.append((path, label, part, _number(path)))
    return found


def _by_number(root: Path) -> Listed:
    """Return the pictures whose numbers the book takes, of Kaggle's folder or Microsoft's."""
    part_of = {number: part for part, numbers in _PARTS.items() for number in numbers}
    found: Listed = []
    for label, name in enumerate(_CLASSES):
        paths = [path for folder in ("", "train") for path in _files(root, folder) if Path(path).name.startswith(name)]
        paths = paths or _files(root, name.title()) or _files(root, f"PetImages/{name.title()}")
        kept = [path for path in paths if not (root.name + "/" + path).endswith(tuple(_DAMAGED))]
        found += [(path, label, part_of[_number(path)], _number(path)) for path in kept if _number(path) in part_of]
    return found


def _files(root: Path, folder: str) -> list[str]:
    """Return the files of pictures in a folder, as paths from the root on; none where there is no such folder."""
    if not (root / folder).is_dir():
        return []
    names = [entry.name for entry in entries(root / folder) if entry.is_file(follow_symlinks=False)]
    return [(Path(folder) / name).as_posix() for name in names if name.lower().endswith(SUFFIXES)]


def _number(path: str) -> int:
    """Return the last number in a file's name; -1 without one."""
    found = re.findall(r"\d+", Path(path).stem)
    return int(found[-1]) if found else -1
