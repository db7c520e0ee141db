"""What the datasets of files in folders share: a folder for each class."""

from __future__ import annotations

import os
from pathlib import Path

from dlpy.core.errors import DataError, did_you_mean, reading
from dlpy.data.task import Output


def output_of(classes: list[str]) -> Output:
    """Return the target that such classes make, the first one being number 0."""
    kind = "binary" if len(classes) == 2 else "multiclass"
    return Output(kind, 1 if kind == "binary" else len(classes), tuple(classes))


def class_folders(folder: Path, leave: str | None = None, hint: str = "") -> list[str]:
    """Return the names of the folders in a folder, by name, but for one that is no class.

    Raises:
        DataError: there are fewer than two.
    """
    classes = [name for name in folder_names(folder) if name != leave]
    if len(classes) < 2:
        found = f"a single one, '{classes[0]}'" if classes else "none"
        raise DataError(f"{folder} should hold a folder for each class, two at least; it holds {found}.{hint}")
    return classes


def class_folder(folder: Path, name: str) -> Path:
    """Return a class's folder.

    Raises:
        DataError: it is not there, or a symbolic link.
    """
    if name not in folder_names(folder):  # nor is "../elsewhere"
        raise DataError(f"{folder} has no folder '{name}'.{did_you_mean(name, folder_names(folder))}")
    return folder / name


def folder_names(folder: Path) -> list[str]:
    """Return the names of the folders in a folder, by name, but for what is hidden or a symbolic link."""
    return [entry.name for entry in entries(folder) if entry.is_dir(follow_symlinks=False)]


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder, by name, but for what is hidden."""
    with reading(folder, "folder"), os.scandir(folder) as found:
        return sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
