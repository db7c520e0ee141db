"""The folders of exports, which appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dlpy.core.errors import ConfigError, StorageError
from dlpy.runs.directory import Run
from dlpy.storage.atomic import beside, storage

EXPORTS = "exports"  # the folder of a run
_MARKS = ("signature.json", "Dockerfile")  # a folder with one of these is an export


def folder_for(run: Run, name: str, output: Path | None, *, force: bool) -> Path:
    """Return the folder to write.

    Args:
        run: what is exported.
        name: of the folder in the run.
        output: another folder, which the user gave.
        force: whether an earlier export may be replaced.

    Raises:
        ConfigError: it cannot be that.
    """
    folder = output or run.path / EXPORTS / name
    if folder.is_file():
        raise ConfigError(f"--output {folder}: there is a file of that name. Give a folder.")
    if not folder.exists() or not any(folder.iterdir()):
        return folder
    if not any((folder / mark).is_file() for mark in _MARKS):
        raise ConfigError(f"--output {folder}: this folder has other files than those of an export. Give another one.")
    if not force:
        raise ConfigError(f"{folder} has an export: --force replaces it, and --output names another folder.")
    return folder


@contextmanager
def written(run: Run, folders: Mapping[str, Path]) -> Iterator[Path]:
    """Yield a folder to write exports in by name; without an error, each then moves to its place.

    An earlier export there is replaced. With an error, nothing is left.
    """
    parent = next(iter(folders.values())).parent
    with storage(parent):
        parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".export-", dir=parent))
    try:
        yield scratch
        for name, folder in folders.items():
            _put(scratch / name, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if parent == run.path / EXPORTS and not any(parent.iterdir()):
            parent.rmdir()


def _put(made: Path, folder: Path) -> None:
    """Move a complete export to its place, where it replaces an earlier one."""
    with storage(folder):
        old = beside(folder)
        if folder.exists():
            folder.rename(old)
        try:
            made.rename(folder)
        except OSError as error:
            if old.exists():
                old.rename(folder)
            raise StorageError(f"cannot write {folder}: {error.strerror or error}.") from error
        shutil.rmtree(old, ignore_errors=True)
