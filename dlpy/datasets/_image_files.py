"""Lists of image files and their labels, read from folders, file names or a CSV table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from dlpy.core.errors import DataError, did_you_mean
from dlpy.data.images.cache import Found
from dlpy.data.images.files import SUFFIXES, RowForm, read_pictures, read_sizes
from dlpy.data.rows import Rows
from dlpy.data.tables import column_types, csv_file
from dlpy.data.tables.targets import Wanted, target_of
from dlpy.data.task import Output
from dlpy.datasets._folders import class_folder, class_folders, entries, folder_names, output_of
from dlpy.datasets._table_options import no_column

Side = Annotated[int, Field(gt=0, le=8192)]
_PART_NAMES = {"train", "training", "val", "valid", "validation", "test", "testing"}

_MOST_NAMED = 5
OnBad = Literal["error", "skip"]
_PATTERN_HINT = " If the file names contain the class, set data.pattern, for example '{class}.{number}.jpg'."


def _square(value: Any) -> Any:
    return [value, value] if isinstance(value, int) and not isinstance(value, bool) else value


Size = Annotated[
    list[Side],
    BeforeValidator(_square, json_schema_input_type=Side | list[Side]),
    Field(min_length=2, max_length=2),
]


@dataclass(frozen=True)
class Listing:
    """Image files as paths relative to a folder, with the target of each.

    y: (files,) class numbers or regression targets. columns: (files,) texts by column name, used for splits.
    """

    names: list[str]
    y: np.ndarray
    output: Output
    columns: dict[str, np.ndarray] = field(default_factory=dict)


def by_folder(root: Path, part: str, classes: list[str] | None) -> Listing:
    """Return the images in each class folder under `root / part`, including its subfolders."""
    folder = root / part
    found = classes or class_folders(folder, hint=_PATTERN_HINT)
    parts = {} if classes else parts_among(found)
    if parts:
        spelled = ", ".join(f"{part}: {name}" for part, name in parts.items())
        raise DataError(
            f"{folder} contains splits, not classes, judging by the folder names: set data.parts: {{{spelled}}}."
        )
    files = [list(_images_under(class_folder(folder, name))) for name in found]
    for name, paths in zip(found, files, strict=True):
        if not paths:
            raise DataError(f"class '{name}' is empty: {folder / name} contains no files that end in {_suffixes()}.")
    names = [path.relative_to(root).as_posix() for paths in files for path in paths]
    return Listing(names, np.repeat(np.arange(len(found)), [len(paths) for paths in files]), output_of(found))


def by_pattern(root: Path, part: str, pattern: str, classes: list[str] | None) -> Listing:
    """Return the images whose names match a pattern such as {class}.{number}.jpg, which contains the class."""
    folder = root / part
    known = [entry.name for entry in entries(folder) if entry.is_file(follow_symlinks=False)]
    fits = [(name, found[1]) for name in known if (found := expression_of(pattern).fullmatch(name))]
    found = classes or sorted({label for _, label in fits})
    if len(found) < 2:
        example = f" (for example {known[0]})" if known else ""
        what = f"only one class, '{found[0]}'," if found else "no class"
        raise DataError(
            f"data.pattern: '{pattern}' matches {what} among the {len(known):,} files in {folder}{example}."
        )
    number_of = {name: number for number, name in enumerate(found)}
    kept = [(name, number_of[label]) for name, label in fits if label in number_of]
    missing = [name for name, number in number_of.items() if number not in {label for _, label in kept}]
    if missing:
        raise DataError(f"class '{missing[0]}' is empty: no file in {folder} matches '{pattern}'.")
    names = [(PurePosixPath(part) / name).as_posix() for name, _ in kept]
    return Listing(names, np.array([label for _, label in kept]), output_of(found))


def by_table(root: Path, path: Path, columns: tuple[str, ...], missing: list[str]) -> Listing:
    """Return the images listed in a CSV file, with their labels.

    Args:
        columns: the names of the file column, the label column, and any columns that assign rows to splits.
        missing: the texts that mean a missing label.
    """
    rows = csv_file.read(path)
    file, label, *marks = columns
    for key, name in (("file", file), ("label", label), *(("validation", mark) for mark in marks)):
        if name not in rows.names:
            raise no_column(rows, key, name)
    names = rows.texts(file)
    for row, name in enumerate(names):
        if not stays_inside(root, name) or not (root / name).is_file():
            raise DataError(f"{rows.where(row, file)}: file '{name}' not found in {root}.")
    y, output = target_of(rows, column_types.columns_of(rows, missing)[label], Wanted())
    return Listing(names, y, output, {mark: np.array(rows.texts(mark), np.str_) for mark in marks})


def in_order_of(listing: Listing, output: Output) -> Listing:
    """Return the listing with classes numbered as in the training data.

    Raises:
        DataError: it contains a class that the training data lacks.
    """
    unknown = [name for name in listing.output.classes if name not in output.classes]
    if unknown:
        raise DataError(f"class '{unknown[0]}' has no training files.{did_you_mean(unknown[0], output.classes)}")
    numbers = np.array([output.classes.index(name) for name in listing.output.classes])
    return Listing(listing.names, numbers[listing.y], output, listing.columns)


def images_at(path: Path) -> list[str]:
    """Return the images in a folder and its subfolders, sorted by name; for a file, return that file alone."""
    if not path.is_dir():
        return [path.name]
    found = [file.relative_to(path).as_posix() for file in _images_under(path)]
    if not found:
        raise DataError(f"{path} contains no files that end in {_suffixes()}.")
    return found


def shuffled_rows(listing: Listing, found: Found, seed: int) -> Rows:
    """Return what could be read of the listed files as rows, in random order."""
    columns = {"file": np.array(listing.names, np.str_), **listing.columns}
    rows = Rows.single(found.pictures, listing.y[found.kept], {name: own[found.kept] for name, own in columns.items()})
    return rows.take(np.random.default_rng(seed).permutation(len(rows)))


def rows_to_predict(paths: Sequence[Path], names: Sequence[str], form: RowForm) -> Rows:
    """Return files as rows without targets, each with its name.

    Raises:
        DataError: a file is damaged, or cannot become such a row.
    """
    return Rows.single(read_all(paths, form), None, {"file": np.array(names, np.str_)})


def read_all(paths: Sequence[Path], form: RowForm) -> np.ndarray:
    """Return the row of each file: (files, ...) uint8.

    Raises:
        DataError: a file is damaged, or cannot become such a row.
    """
    made = []
    for row in read_pictures(paths, form):
        if isinstance(row, DataError):
            raise row
        made.append(row)
    return np.stack(made)


def skipped_images(names: list[str], found: Found, on_bad: OnBad) -> list[str]:
    """Return one line for each image that is skipped.

    Raises:
        DataError: `on_bad` is "error", or no image could be read.
    """
    problems = list(found.problems.items())
    if not problems or (on_bad == "skip" and len(found.kept)):
        return [f"skipped: {problem}" for _, problem in problems]
    others = [names[row] for row, _ in problems[1:]]
    some = ", ".join(others[:_MOST_NAMED]) + (", ..." if len(others) > _MOST_NAMED else "")
    more = f" {len(others):,} more: {some}." if others else ""
    raise DataError(f"{problems[0][1]}{more} Repair or delete these files, or set data.on_bad: skip to skip them.")


def common_size(folder: Path, names: list[str]) -> list[int]:
    """Return the height and width common to all images."""
    first: tuple[str, tuple[int, int]] | None = None
    for name, size in zip(names, read_sizes([folder / name for name in names]), strict=True):
        if isinstance(size, DataError):
            continue  # decoding reports the problem later
        first = first or (name, size)
        if size != first[1]:
            (height, width), (other_height, other_width) = first[1], size
            differ = f"{first[0]} is {width} x {height} pixels, {name} {other_width} x {other_height}"
            raise DataError(f"images in {folder} have different sizes ({differ}): set data.size, for example 150.")
    return list(first[1]) if first else [1, 1]


def of_size(pictures: np.ndarray, size: list[int], channels: int) -> np.ndarray:
    """Return the images resized with nearest-neighbour interpolation, in colour or grayscale."""
    down, across = (np.arange(side) * pictures.shape[1] // side for side in size)
    pictures = pictures[:, down][:, :, across]
    return pictures if channels == 3 else pictures.mean(axis=-1, keepdims=True).astype(np.uint8)


def _images_under(folder: Path) -> Iterator[Path]:
    """Yield the image files in a folder and its subfolders, sorted by name; symbolic links are not followed."""
    for entry in entries(folder):
        if entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(SUFFIXES):
            yield Path(entry.path)
    for name in folder_names(folder):
        yield from _images_under(folder / name)


def expression_of(pattern: str, wanted: str = "class") -> re.Pattern[str]:
    """Return a pattern as a regular expression: {class} (what is wanted) is a group, {number} digits, * anything."""
    parts = {rf"\{{{wanted}\}}": "(.+?)", r"\{number\}": r"\d+", r"\*": ".*"}
    text = re.escape(pattern)
    for mark, meaning in parts.items():
        text = text.replace(mark, meaning)
    return re.compile(text)


def require_inside(root: Path, folder: str) -> None:
    """Raise DataError for the folder of a split that is not inside the dataset's."""
    if not stays_inside(root, folder):
        raise DataError(f"data.parts: {root / folder} is not inside {root}; links that lead outside are not followed.")


def stays_inside(root: Path, name: str) -> bool:
    """Return whether a file is inside a folder after following links; a name with a NUL byte is not."""
    return "\0" not in name and (root / name).resolve().is_relative_to(root.resolve())


def parts_among(folders: list[str]) -> dict[str, str]:
    """Return the folder of each split (train, validation, test); empty if any folder is not named like a split."""
    if not {name.lower() for name in folders} <= _PART_NAMES:
        return {}
    parts = ("train", "validation", "test")
    return {next(part for part in parts if name.lower()[:3] == part[:3]): name for name in folders}


def _suffixes() -> str:
    return ", ".join(SUFFIXES)
