"""Checks that a run directory, which may be someone else's, has no links or devices that dlpy did not create."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from dlpy.core.errors import RunError

_LINK = re.compile(
    r"(outer/\d+/)?(trials/\d+/)?(seeds/\d+/)?(folds/\d+/)?(refit/)?(\d+/)?checkpoints/"
    r"(\.\d+@[0-9a-f]{8}-)?(best|last|previous|unfinished)"
)
_TARGET = re.compile(r"epoch-\d{4,}(-step-\d{8,})?|kept")  # the last: the model that a fold keeps


def require_own(folder: Path) -> None:
    """Raise RunError if a run directory holds a foreign link, a pipe or a device."""
    wrong = stray(folder)
    if wrong is not None:
        raise RunError(
            f"run {folder.name} was not written by dlpy alone: {wrong}. Remove it if you know where it comes from."
        )


def stray(folder: Path) -> str | None:
    """Return a description of something in a run directory that is neither a file nor a folder, or None.

    Checkpoint links that point to their siblings are allowed.
    """
    if not folder.name.isprintable():
        return "its name contains non-printable characters"
    try:
        return next(_strays(folder, ""), None)
    except OSError as error:
        return f"{error.filename} cannot be read: {error.strerror}"


def is_own_link(name: str, target: str) -> bool:
    """Return whether dlpy leaves such a link in a run: a checkpoint's name, and the folder beside it."""
    return bool(_LINK.fullmatch(name) and _TARGET.fullmatch(target))


def _strays(folder: Path, place: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{place}{entry.name}"
            if entry.is_symlink():
                if not is_own_link(name, str(Path(entry.path).readlink())):
                    yield f"{name!r} is a link"
            elif entry.is_dir(follow_symlinks=False):
                yield from _strays(folder / entry.name, f"{name}/")
            elif not entry.is_file(follow_symlinks=False):
                yield f"{name!r} is a pipe or a device"
