"""Helpers for datasets that keep one folder per class."""

from __future__ import annotations

import os
from pathlib import Path

from dlpy.core.errors import DataError, did_you_mean, reading
from dlpy.data.task import Output


def output_of(classes: list[str]) -> Output:
    """Return the target for these classes; the first class is number 0."""
    kind = "binary" if len(classes) == 2 else "multiclass"
    return Output(kind, 1 if kind == "binary" else len(classes), tuple(classes))


def class_folders(folder: Path, leave: str | None = None, hint: str = "") -> list[str]:
    """Return the class folders in a folder, sorted by name, except the one called `leave`.

    Raises:
        DataError: fewer than two are found.
    """
    classes = [name for name in folder_names(folder) if name != leave]
    if len(classes) < 2:
        found = f"only one, '{classes[0]}'" if classes else "none"
        raise DataError(f"{folder} should contain one folder per class, at least two; it contains {found}.{hint}")
    return classes


def class_folder(folder: Path, name: str) -> Path:
    """Return the path of a class's folder.

    Raises:
        DataError: it does not exist or is a symbolic link.
    """
    if name not in folder_names(folder):  # also rejects "../elsewhere"
        raise DataError(f"{folder} has no folder '{name}'.{did_you_mean(name, folder_names(folder))}")
    return folder / name


def folder_names(folder: Path) -> list[str]:
    """Return the names of the subfolders, sorted, without hidden ones and symbolic links."""
    return [entry.name for entry in entries(folder) if entry.is_dir(follow_symlinks=False)]


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return the entries of a folder, sorted by name, without hidden ones."""
    with reading(folder, "folder"), os.scandir(folder) as found:
        return sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
