"""Whether what is to be written finds room."""

from __future__ import annotations

import shutil
from pathlib import Path

from dlpy.errors import StorageError


def require_space(path: Path, size: int) -> None:
    """Raise StorageError where so many bytes find no room: the library of HDF5 files crashes on a full disk."""
    folder = next(parent for parent in path.parents if parent.is_dir())
    free = shutil.disk_usage(folder).free
    if free < size:
        needed = f"it takes {size / 2**20:,.1f} MB, and {free / 2**20:,.1f} MB are free"
        raise StorageError(f"cannot write {path}: No space left on device ({needed}).")
