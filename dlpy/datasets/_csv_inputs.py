"""The inputs of a CSV file: columns of a table, texts, and images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from dlpy.components.dataset import InputOptions
from dlpy.components.transform import Transform
from dlpy.core.errors import DataError
from dlpy.core.progress import progress_bar
from dlpy.data.features import Features, Table, Texts
from dlpy.data.images.cache import decoded
from dlpy.data.images.files import Form, read_pictures
from dlpy.data.tables.missing_cells import Gaps, missing_cell
from dlpy.data.task import Input
from dlpy.datasets._cells import Cells, Filling, check_categories, looks_numeric, table_of
from dlpy.datasets._image_files import Size, common_size, skipped_images, stays_inside
from dlpy.datasets._names import Found
from dlpy.datasets._texts import TEXT, texts_of
from dlpy.transforms.fill_missing import FillMissing, Rule
from dlpy.transforms.tabulate import Tabulate

_KINDS = {"columns": "columns of a table", "text": "a text", "image": "an image"}


class TableInput(InputOptions):
    """Columns of a table as one input: numbers as they are, categories one-hot encoded."""

    columns: Literal["rest"] | Annotated[list[str], Field(min_length=1)]
    """Columns, such as [rooms, city]; rest: all columns that have no other use in the experiment."""
    numeric: list[str] | None = None
    """Those that are numeric, although they look like categories. Default: detected."""
    categorical: list[str] | None = None
    """Those that are categorical, such as numeric codes. Default: detected."""
    missing: Rule | dict[str, Rule] = "error"
    """How to fill missing cells: error (stop), mean, median, most_frequent, a constant, or a mapping from columns to
    these, e.g. {age: median, city: unknown}."""

    def used(self) -> list[str]:
        """Return the columns, as far as they are listed."""
        return [] if self.columns == "rest" else list(self.columns)

    def lists(self) -> dict[str, list[str]]:
        """Return the columns that options besides `columns` name."""
        filled = list(self.missing) if isinstance(self.missing, dict) else []
        return {"numeric": self.numeric or [], "categorical": self.categorical or [], "missing": filled}

    def wrong(self) -> list[Found]:
        """Return the mistakes in the lists of columns."""
        found: list[Found] = []
        listed = self.used() or None
        for key, names in self.lists().items():
            strangers = [name for name in names if listed is not None and name not in listed]
            found += [((key,), f"column '{name}' is not listed under columns.") for name in strangers[:1]]
        both = [name for name in self.numeric or [] if name in (self.categorical or [])]
        found += [(("categorical",), f"column '{name}' is numeric too: remove it from one list.") for name in both[:1]]
        twice = [name for name in listed or [] if (listed or []).count(name) > 1]
        return found + [(("columns",), f"column '{name}' is listed twice.") for name in twice[:1]]

    def outline(self) -> Input:
        """Return the input as far as the options determine it."""
        return Input("table", (len(self.used()) or None,), columns=self._names())

    def found(self, cells: Cells, rest: Sequence[str], key: str) -> TableInput:
        """Return the options with the columns and their types as they are in the file.

        Raises:
            DataError: a column contains free text, or numbers with a few exceptions.
        """
        names = list(rest) if self.columns == "rest" else list(self.columns)
        if not names:
            raise DataError(f"{cells.file.path}: no columns are left for {key}.")
        known = {*(self.numeric or []), *(self.categorical or [])}
        looks = looks_numeric(cells, [name for name in names if name not in known])
        check_categories(cells, [name for name, is_number in looks.items() if not is_number])
        numeric = [name for name in names if looks.get(name, name in (self.numeric or []))]
        categorical = [name for name in names if name not in numeric]
        return self.model_copy(update={"columns": names, "numeric": numeric, "categorical": categorical})

    def read(self, cells: Cells, key: str, *, cached: bool) -> Table:
        """Return the rows of a file."""
        return table_of(cells, self.numeric or [], self.categorical or [], Filling(self.missing, key))

    def all_transforms(self) -> list[Transform]:
        """Return the transforms in order, those included that a table needs."""
        fill = [] if self.missing == "error" else [FillMissing(rule=self.missing)]
        return [*fill, *self.transforms, *([] if "tabulate" in [one.name for one in self.transforms] else [Tabulate()])]

    def _names(self) -> tuple[str, ...]:
        return (*(self.numeric or []), *(self.categorical or []))


class TextInput(InputOptions):
    """A column of texts as one input; `tokenize` or `hash_words` converts them to integers."""

    text: str
    """Name of the column. No text may be empty."""

    def used(self) -> list[str]:
        """Return the columns."""
        return [self.text]

    def wrong(self) -> list[Found]:
        """Return the mistakes in the options: none."""
        return []

    def outline(self) -> Input:
        """Return the input."""
        return TEXT

    def found(self, cells: Cells, rest: Sequence[str], key: str) -> TextInput:
        """Return the same options: nothing is to be found in the file."""
        return self

    def read(self, cells: Cells, key: str, *, cached: bool) -> Texts:
        """Return the rows of a file."""
        return texts_of(cells.file, self.text)

    def all_transforms(self) -> list[Transform]:
        """Return the transforms in order."""
        return self.transforms


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
            return np.stack(
                [_whole(picture) for picture in read_pictures([folder / one for one in different], self.form)]
            )[rows]
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


def _whole(picture: np.ndarray | DataError) -> np.ndarray:
    if isinstance(picture, DataError):
        raise picture
    return picture


def one_kind(value: Any) -> Any:
    """Raise an error unless the options say what the input consists of, once."""
    if isinstance(value, dict):
        given = [kind for kind in _KINDS if value.get(kind) is not None]
        if len(given) != 1:
            message = "expected exactly one of columns, text and image."
            context = {"message": message, **({"key": given[1]} if given else {})}
            raise PydanticCustomError("component", "{message}", context)
    return value


def kind_of(value: Any) -> str | None:
    """Return the tag of the kind of input that options are of."""
    given = value if isinstance(value, dict) else vars(value) if isinstance(value, InputOptions) else {}
    return next((told for kind, told in _KINDS.items() if kind in given), None)


CsvInput = TableInput | TextInput | ImageInput
AnyCsvInput = Annotated[
    Annotated[TableInput, Tag(_KINDS["columns"])]
    | Annotated[TextInput, Tag(_KINDS["text"])]
    | Annotated[ImageInput, Tag(_KINDS["image"])],
    Discriminator(kind_of),
    BeforeValidator(one_kind),
]
