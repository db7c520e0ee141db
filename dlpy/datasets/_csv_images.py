"""Images as an input of a CSV file, a column of which has their paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from dlpy.components.named_options import InputOptions
from dlpy.components.transform import Transform
from dlpy.core.errors import DataError
from dlpy.core.progress import progress_bar
from dlpy.data.features import Features
from dlpy.data.images.cache import decoded
from dlpy.data.images.files import Form
from dlpy.data.tables.missing_cells import Gaps, missing_cell
from dlpy.data.task import Input
from dlpy.datasets._cells import Cells
from dlpy.datasets._image_files import Size, common_size, read_all, skipped_images, stays_inside
from dlpy.datasets._names import Found


class ImageInput(InputOptions):
    """Images as one input: a column contains the path of each file.

    Every image is decoded once and cached at the requested size, as with image_folder.
    """

    image: str
    """Name of the column with the paths of image files."""
    folder: str | None = None
    """Folder that these paths are relative to. Default: that of the CSV file."""
    size: Size | None = None
    """Height and width to which images are resized, in pixels; one number for both. Default: the size of the images,
    which must then all be equal."""
    color_mode: Literal["rgb", "grayscale"] = "rgb"
    """Number of channels: 3 (rgb) or 1 (grayscale)."""
    resize: Literal["stretch", "crop", "pad"] = "stretch"
    """How to handle another aspect ratio: stretch the image, crop the longer side, or pad the shorter with black."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "box"] = "bilinear"
    """Interpolation method for resizing."""
    convert: bool = False
    """Convert images that are not 8-bit RGB or grayscale: transparent ones (put on white), CMYK and 16-bit ones. false:
    such images are errors."""

    def used(self) -> list[str]:
        """Return the columns."""
        return [self.image]

    def wrong(self) -> list[Found]:
        """Return the mistakes in the options: none."""
        return []

    @property
    def form(self) -> Form:
        """The form that images are converted to."""
        size = (self.size[0], self.size[1]) if self.size else None
        return Form(size, self.color_mode, self.resize, self.interpolation, self.convert)

    def outline(self) -> Input:
        """Return the input as far as the options determine it."""
        return Input("array", (*(self.size or (None, None)), self.form.channels))

    def found(self, cells: Cells, rest: Sequence[str], key: str) -> ImageInput:
        """Return the options with the size of the images.

        Raises:
            DataError: a file is missing, or the sizes differ.
        """
        names = self._files(cells)
        return self if self.size else self.model_copy(update={"size": common_size(self._folder(cells), names)})

    def read(self, cells: Cells, key: str, *, cached: bool) -> Features:
        """Return the rows of a file, through the cache or from the image files.

        Raises:
            DataError: an image is missing or cannot be read.
        """
        names, folder = self._files(cells), self._folder(cells)
        different = sorted(set(names))
        place = {name: number for number, name in enumerate(different)}
        rows = np.array([place[name] for name in names], np.int64)
        if not cached:
            return read_all([folder / one for one in different], self.form)[rows]
        with progress_bar(f"reading {len(different):,} images") as progress:
            read = decoded(folder, different, self.form, progress)
        skipped_images(different, read, "error")
        return read.pictures[rows] if isinstance(read.pictures, np.ndarray) else read.pictures.take(rows)

    def all_transforms(self) -> list[Transform]:
        """Return the transforms in order."""
        return self.transforms

    def _folder(self, cells: Cells) -> Path:
        return Path(self.folder) if self.folder else cells.file.path.parent

    def _files(self, cells: Cells) -> list[str]:
        """Return the file of each row after checking that it exists."""
        file, folder, names = cells.file, self._folder(cells), cells.file.texts(self.image)
        empty = [row for row, name in enumerate(names) if name in cells.markers]
        if empty:
            advice = "Every row needs one: fill it in or delete the row."
            raise missing_cell(file, Gaps(self.image, empty, cells.markers), advice, "image")
        for row, name in enumerate(names):
            if not stays_inside(folder, name) or not (folder / name).is_file():
                raise DataError(f"{file.where(row, self.image)}: file '{name}' not found in {folder}.")
        return names
