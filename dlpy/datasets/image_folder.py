"""Your own images, in one folder per class."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.dataset import Dataset
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.core.progress import progress_bar
from dlpy.data.images.cache import decoded
from dlpy.data.images.files import Form
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.tables.missing_cells import MISSING
from dlpy.data.task import Input, Task
from dlpy.datasets import _folder_table as folder_table
from dlpy.datasets._csv_targets import CsvTarget
from dlpy.datasets._folder_parts import Parts, by_part, held_out_by_part
from dlpy.datasets._folder_table import AnyFolderInput, FolderInput
from dlpy.datasets._folders import output_of
from dlpy.datasets._image_files import (
    Listing,
    OnBad,
    Size,
    by_folder,
    by_pattern,
    by_table,
    common_size,
    images_at,
    of_size,
    require_inside,
    rows_to_predict,
    shuffled_rows,
    skipped_images,
)
from dlpy.datasets._labels_file import check_labels
from dlpy.datasets._names import Name, raise_found
from dlpy.datasets._table_options import TestRows, carried_columns, generated_marks
from dlpy.stand_ins.images import photographs

_MOST_STARS = 2  # each one multiplies the cost of matching a name


class ImageFolder(Dataset):
    """Images (JPEG, PNG, GIF, BMP, WebP) in one folder per class under `path`: cats/1.jpg, dogs/7.png, ...

    Subfolders of the class folders are read too; hidden files and symbolic links are not. Every image is decoded once
    and cached at the requested size in $DLPY_CACHE (default: ~/.cache/dlpy).

    With `labels_path`, other columns of that table may be inputs, and several may be targets, with names: `inputs:
    {photo: {image: file}, facts: {columns: [age, city]}}` and `targets: {price: {column: price}}`. `dlpy predict` then
    reads such a table, with images relative to its folder.
    """

    has_columns = True

    name: Literal["image_folder"] = "image_folder"
    size: Size | None = None
    """Height and width to which images are resized, in pixels; one number for both. Default: the size of the images,
    which must then all be equal."""
    classes: Annotated[list[str], Field(min_length=2)] | None = None
    """Names of the classes to read, in the order of their numbers. Default: all, sorted by name."""
    parts: Parts | None = None
    """Folders in `path` that contain the splits, e.g. {train: train, validation: val}. Default: `path` is not split."""
    pattern: str | None = None
    """Pattern of the file names if all images are in one folder, e.g. '{class}.{number}.jpg'."""
    labels_path: str | None = None
    """Path of a CSV file with the label of each image."""
    inputs: Annotated[dict[Name, AnyFolderInput], Field(min_length=1)] | None = None
    """Inputs by name from that CSV file: an image, a text, or columns. Default: the images, as photo with `targets`."""
    targets: Annotated[dict[Name, CsvTarget], Field(min_length=1)] | None = None
    """Targets by name from that CSV file, as with csv. Default: one, `label`."""
    file: str = "file"
    """Column of that CSV file with the image paths, relative to `path`."""
    label: str = "label"
    """Column of that CSV file with the classes or the regression targets."""
    missing_values: list[str] = list(MISSING)
    """Texts that mark a missing label. Remove one from the list to keep it as a value, e.g. for a class named None."""
    test: TestRows = None
    """Test images, used only by `dlpy evaluate`: a fraction (0.2), a count (500), or a column of the CSV file
    ({column: split}). Default: none."""
    color_mode: Literal["rgb", "grayscale"] = "rgb"
    """Number of channels: 3 (rgb) or 1 (grayscale)."""
    resize: Literal["stretch", "crop", "pad"] = "stretch"
    """How to handle another aspect ratio: stretch the image, crop the longer side, or pad the shorter with black."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "box"] = "bilinear"
    """Interpolation method for resizing."""
    convert: bool = False
    """Convert images that are not 8-bit RGB or grayscale: transparent ones (put on white), CMYK and 16-bit ones. false:
    such images are errors."""
    on_bad: OnBad = "error"
    """How to handle unreadable images. error: stop and list them; skip: skip them and record this in the run."""
    shuffle_seed: Annotated[int, Field(ge=0, le=10**18)] = 0
    """Seed for shuffling the rows."""

    @model_validator(mode="before")
    @classmethod
    def _held_out_by_part(cls, value: Any) -> Any:
        return held_out_by_part(value)

    @model_validator(mode="after")
    def _possible(self) -> ImageFolder:
        if self.path is None:
            raise ValueError(f"{self.name} needs 'path', the folder of images")
        ways = [name for name in ("pattern", "labels_path") if getattr(self, name)]
        if len(ways) > 1 or (self.labels_path and (self.classes or self.parts)):
            raise ValueError("'labels_path' cannot be combined with pattern, classes or parts")
        if self.pattern is not None and self.pattern.count("{class}") != 1:
            raise ValueError("'pattern' should contain {class} exactly once, for example '{class}.{number}.jpg'")
        if self.pattern is not None and self.pattern.count("*") > _MOST_STARS:
            raise ValueError(f"'pattern' contains {self.pattern.count('*')} *; at most {_MOST_STARS} are allowed")
        marks = {mark for mark in self._marks() if not (mark == "part" and self.parts)}
        if marks and not self.labels_path:
            raise ValueError(f"column '{min(marks)}' can only be used with 'labels_path'")
        if self.test is not None and self.test.use:
            raise ValueError("'test' should be a fraction, a count, or a mapping")
        if self.is_named:
            raise_found(self.name, [*folder_table.wrong_options(self)], self.model_fields_set)
            folder_table.table_of(self, self.path)  # raises for options that do not fit each other
        return self

    def check(self) -> None:
        if self.path is not None and Path(self.path).exists() and self.fallback is None:
            file = [("file", self.file)] if self.inputs is None else []
            label = [("label", self.label)] if self.targets is None else []
            check_labels(self.labels_path, [*file, *label, *((mark, mark) for mark in self._marks())])

    @property
    def is_named(self) -> bool:
        """Whether inputs or targets have names."""
        return self.inputs is not None or self.targets is not None

    def input_options(self) -> Mapping[str, FolderInput]:
        return self.inputs or {}

    def target_options(self) -> Mapping[str, CsvTarget]:
        return self.targets or {}

    def all_transforms(self) -> list[Transform]:
        return folder_table.table_of(self, self.path).all_transforms() if self.is_named else super().all_transforms()

    def carried(self, path: Path, names: list[str]) -> dict[str, list[str]]:
        return carried_columns(path, names) if self.is_named else super().carried(path, names)

    def outline(self) -> Task | None:
        if self.is_named:
            return folder_table.table_of(self, self.path).outline()
        return None if self.classes is None else Task.single(self._input(self.size), output_of(self.classes))

    def load(self) -> Loaded:
        if self.is_named:
            return folder_table.load(self)
        listing = self._listing(Path(str(self.path)))
        size = self.size or common_size(Path(str(self.path)), listing.names)
        form = self._form(size)
        with progress_bar(f"reading {len(listing.names):,} images") as progress:
            found = decoded(Path(str(self.path)), listing.names, form, progress)
        notes = skipped_images(listing.names, found, self.on_bad)
        rows = shuffled_rows(listing, found, self.shuffle_seed)
        skipped = f" ({len(notes)} unreadable images skipped)" if notes else ""
        source = Source("file", f"{self.path}{skipped}")
        return self._loaded(rows, Task.single(self._input(size), listing.output), source, self.test, notes)

    def read(self, path: Path, task: Task) -> Rows:
        if self.is_named:
            return folder_table.table_of(self, None).read(path, task)
        if self.size is None:
            raise ConfigError("data: 'size' must be set, as in the run's config.yaml.")
        names = images_at(path)
        folder = path if path.is_dir() else path.parent
        return rows_to_predict([folder / name for name in names], names, self._form(self.size))

    def form(self, task: Task) -> Form:
        return self._form(self.size or [side or 1 for side in task.input.shape[:2]])

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        if self.is_named:
            return folder_table.stand_in(self, seed, limit)
        classes = self.classes or ["a", "b"]
        size = self.size or [64, 64]
        test = for_limit(self.test, limit)
        pictures, labels = photographs(seed, limit)[0]
        chosen = np.flatnonzero(labels < len(classes))
        x, y = of_size(pictures[chosen], size, self._form(size).channels), labels[chosen].astype(np.int64)
        holdouts = [holdout for holdout in (self.validation, test) if holdout and holdout.column]
        rows = Rows.single(x, y, generated_marks(len(y), holdouts))
        task = Task.single(self._input(size), output_of(classes[:10]))
        source = Source("stand-in", f"generated images instead of {self.path}")
        return self._loaded(rows, task, source, test, [])

    def _loaded(self, rows: Rows, task: Task, source: Source, test: Holdout | None, notes: list[str]) -> Loaded:
        resolved: dict[str, object] = {"size": list(task.input.shape[:2])}
        if not self.labels_path:
            resolved["classes"] = list(task.output.classes)
        return hold_out(Loaded(rows, None, task, source, resolved, tuple(notes)), test, self.split_seed)

    def _listing(self, root: Path) -> Listing:
        if self.labels_path:
            return by_table(root, Path(self.labels_path), (self.file, self.label, *self._marks()), self.missing_values)
        if self.parts is None:
            return self._part(root, "")
        return by_part(self.parts, lambda folder: self._part(root, folder))

    def _part(self, root: Path, folder: str) -> Listing:
        require_inside(root, folder)
        if self.pattern:
            return by_pattern(root, folder, self.pattern, self.classes)
        return by_folder(root, folder, self.classes)

    def _marks(self) -> list[str]:
        holdouts = (self.validation, self.test)
        return list(dict.fromkeys(str(holdout.column) for holdout in holdouts if holdout and holdout.column))

    def _form(self, size: list[int]) -> Form:
        height, width = size
        return Form((height, width), self.color_mode, self.resize, self.interpolation, self.convert)

    def _input(self, size: list[int] | None) -> Input:
        sides = size or (None, None)
        return Input("array", (*sides, 3 if self.color_mode == "rgb" else 1))
