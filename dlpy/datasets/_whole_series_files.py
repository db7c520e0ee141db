"""Whole series in files of their own: tables with one row for each step, or arrays (steps, channels)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError, reading
from dlpy.data.tables.missing_cells import MISSING
from dlpy.data.tables.part_files import SUFFIXES, is_table
from dlpy.data.tables.table_format import TableFormat
from dlpy.datasets._cells import Cells
from dlpy.datasets._folders import class_folder, class_folders, entries, folder_names, output_of
from dlpy.datasets._image_files import Listing, parts_among
from dlpy.datasets._series_columns import numbers
from dlpy.datasets._table_options import DateOrder, no_column_to_predict
from dlpy.datasets._whole_series import Collection
from dlpy.datasets._whole_series_tables import channels_of, times_to_sort
from dlpy.storage.npz import ArraysError, read_npz

ARRAYS = (".npy", ".npz")


@dataclass(frozen=True)
class FileForm:
    """How files of series are read.

    time: the column that orders the rows of a table, None for the order of the file. date_order: how dates are written.
    channels: the columns to read; None: all numeric ones of the first file. format: how tables are written.
    """

    time: str | None
    date_order: DateOrder
    channels: list[str] | None
    format: TableFormat


def by_class_folder(root: Path, part: str, classes: list[str] | None) -> Listing:
    """Return the files of series in each class folder under `root / part`, including its subfolders."""
    folder = root / part
    found = classes or class_folders(folder)
    if not classes and (parts := parts_among(found)):
        spelled = ", ".join(f"{part}: {name}" for part, name in parts.items())
        raise DataError(
            f"{folder} contains splits, not classes, judging by the folder names: set data.parts: {{{spelled}}}."
        )
    files = [[*series_under(class_folder(folder, name))] for name in found]
    for name, paths in zip(found, files, strict=True):
        if not paths:
            raise DataError(f"class '{name}' is empty: {folder / name} contains no files of series ({_suffixes()}).")
    names = [path.relative_to(root).as_posix() for paths in files for path in paths]
    return Listing(names, np.repeat(np.arange(len(found)), [len(paths) for paths in files]), output_of(found))


def series_under(folder: Path) -> Iterator[Path]:
    """Yield the files of series in a folder and its subfolders, sorted by name; symbolic links are not followed."""
    for entry in entries(folder):
        if entry.is_file(follow_symlinks=False) and is_series(Path(entry.path)):
            yield Path(entry.path)
    for name in folder_names(folder):
        yield from series_under(folder / name)


def is_series(path: Path) -> bool:
    """Return whether the name of a file is that of a table or an array."""
    return is_table(path) or path.suffix.lower() in ARRAYS


def series_in_files(paths: Sequence[Path], names: Sequence[str], form: FileForm) -> tuple[Collection, FileForm]:
    """Return the series in files, and how they were read, with what was found in the first file filled in.

    Raises:
        DataError: a file cannot be read, or has other channels than the first one.
    """
    values = []
    for path in paths:
        if path.suffix.lower() in ARRAYS:
            values.append(_array(path))
            if form.channels is None:
                form = FileForm(form.time, form.date_order, _numbered(values[0].shape[1]), form.format)
        else:
            own, form = _table(path, form)
            values.append(own)
        count = len(form.channels or [])
        if values[-1].shape[1] != count:
            raise DataError(f"{path} has {_channels(values[-1].shape[1])}; {paths[0].name} has {_channels(count)}.")
    return Collection([*names], values, form.channels or []), form


def _table(path: Path, form: FileForm) -> tuple[np.ndarray, FileForm]:
    cells = Cells.of(path, form.format, MISSING)
    file, columns = cells.file, cells.columns
    channels = form.channels or channels_of(cells, [form.time] if form.time else [])
    for name in [*([form.time] if form.time else []), *channels]:
        if name not in file.names:
            raise no_column_to_predict(file, name)
    values = numbers(file, columns, channels)
    if form.time is not None:
        values = values[np.argsort(times_to_sort(file, columns[form.time], form.date_order), kind="stable")]
    return values, FileForm(form.time, form.date_order, channels, file.format.of_new_file())


def _array(path: Path) -> np.ndarray:
    """Return the series in an array file: (steps, channels) float64.

    Raises:
        DataError: the file is damaged, or holds no series of numbers.
    """
    with reading(path):
        try:
            found = _npz(path) if path.suffix.lower() == ".npz" else np.load(path, mmap_mode="r", allow_pickle=False)
        except (ArraysError, ValueError, EOFError) as error:
            raise DataError(f"{path} is no array of numbers: {str(error).rstrip('.')}.") from None
    if found.ndim not in (1, 2) or found.dtype.kind not in "biuf":
        shape = " x ".join(map(str, found.shape))
        raise DataError(f"{path} holds {found.dtype} of shape ({shape}); expected numbers (steps, channels).")
    values = np.array(found, np.float64).reshape(len(found), -1)
    wrong = np.argwhere(np.abs(np.nan_to_num(values, posinf=np.inf)) > np.finfo(np.float32).max)
    if len(wrong):
        step, channel = wrong[0].tolist()
        raise DataError(f"{path}: step {step + 1}, channel {channel + 1} is {values[step, channel]}: not finite.")
    return values


def _npz(path: Path) -> np.ndarray:
    arrays = read_npz(path)
    if len(arrays) != 1:
        raise ArraysError(f"it has {len(arrays)} arrays ({', '.join(arrays)}), and a series is one")
    return next(iter(arrays.values()))


def _numbered(count: int) -> list[str]:
    return [f"channel_{number + 1}" for number in range(count)]


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _suffixes() -> str:
    return ", ".join((*SUFFIXES, *ARRAYS))
