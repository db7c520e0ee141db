"""Whether what is to be written may be written, and finds room."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from dlpy.core.errors import StorageError
from dlpy.storage.atomic import storage


def require_space(path: Path, size: int) -> None:
    """Raise StorageError where so many bytes find no room: the library of HDF5 files crashes on a full disk."""
    folder = next(parent for parent in path.parents if parent.is_dir())
    total, _, free = shutil.disk_usage(folder)
    if free < size and total:  # some file systems do not know
        needed = f"it takes {size / 1000:,.0f} kB, and {free / 1000:,.0f} kB are free"
        raise StorageError(f"cannot write {path}: No space left on device ({needed}).")


def require_writable(folder: Path) -> None:
    """Raise StorageError, before any work is done, where no run directory could be made."""
    probe = folder / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
    with storage(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
