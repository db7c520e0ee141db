"""Whether a run directory holds what dlpy leaves in one and nothing that leads out of it: it may be a stranger's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from dlpy.core.errors import RunError

_LINK = re.compile(r"(folds/\d+/)?checkpoints/(\.\d+-)?(best|last|previous|unfinished)")
_TARGET = re.compile(r"epoch-\d{4,}(-step-\d{8,})?")


def require_own(folder: Path) -> None:
    """Raise RunError where something in a run directory would be read or written elsewhere, or never ends."""
    wrong = stray(folder)
    if wrong is not None:
        raise RunError(f"run {folder.name} is not as dlpy leaves one: {wrong}. Remove that, if you know whose it is.")


def stray(folder: Path) -> str | None:
    """Return what in a run directory is no file or folder of its own, and None where there is nothing of that kind.

    The links of checkpoints are dlpy's, where they lead to their neighbours.
    """
    if not folder.name.isprintable():
        return "its name holds signs that cannot be printed"
    try:
        return next(_strays(folder, ""), None)
    except OSError as error:
        return f"{error.filename} cannot be looked into: {error.strerror}"


def _strays(folder: Path, place: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{place}{entry.name}"
            if entry.is_symlink():
                if not (_LINK.fullmatch(name) and _TARGET.fullmatch(str(Path(entry.path).readlink()))):
                    yield f"{name!r} is a link"
            elif entry.is_dir(follow_symlinks=False):
                yield from _strays(folder / entry.name, f"{name}/")
            elif not entry.is_file(follow_symlinks=False):
                yield f"{name!r} is a pipe or a device"
