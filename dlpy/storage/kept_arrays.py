"""Arrays in dlpy's cache that take long to make; each has a key, which stands for everything that it depends on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from dlpy.core.errors import StorageError
from dlpy.storage.atomic import write_whole
from dlpy.storage.cache import make_room, used

_DIGEST_BYTES = 32
_CHUNK_BYTES = 1 << 20


def kept(folder: Path, key: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the array of a key in a folder of the cache; one that is missing or damaged is made and written."""
    path = folder / f"{key}.npy"
    found = _read(path)
    if found is not None:
        used(path)
        return found
    found = make()
    if make_room(folder, found.nbytes, path):
        with suppress(StorageError):  # a full quota, or a file of another user; the array is here
            write_whole(path, lambda temporary: _write(temporary, found))
    return found


def _read(path: Path) -> np.ndarray | None:
    """Return the array in a file, or None if there is none or it is damaged."""
    try:
        with path.open("rb") as file:
            if not _is_whole(file):
                return None
            file.seek(0)
            return np.load(file, allow_pickle=False)
    except OSError:
        return None


def _is_whole(file: BinaryIO) -> bool:
    """Return whether a file ends with the sha256 of what comes before."""
    digest, left = hashlib.sha256(), os.fstat(file.fileno()).st_size - _DIGEST_BYTES
    while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
        digest.update(chunk)
        left -= len(chunk)
    return file.read() == digest.digest()


def _write(path: Path, array: np.ndarray) -> None:
    """Write an array, and the sha256 of the file up to there."""
    with path.open("wb+") as file:
        np.save(file, array)
        file.seek(0)
        file.write(hashlib.file_digest(file, "sha256").digest())
