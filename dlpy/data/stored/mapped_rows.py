"""Arrays in files whose rows are read like those of an array in memory, some at a time."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.errors import DataError, StorageError
from dlpy.core.memory import shown_size
from dlpy.storage.atomic import storage
from dlpy.storage.cache import make_room, own_cache

_BLOCK_BYTES = 1 << 22


def series_cache() -> Path:
    """Return the folder of the cache for series that are read in pieces."""
    return own_cache() / "series"


def mapped(path: Path, dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return the array that a file holds. The file may be deleted while it is in use.

    Raises:
        DataError: the file has another size.
    """
    wanted = np.dtype(dtype).itemsize * int(np.prod(shape))
    if path.stat().st_size != wanted:
        raise DataError(f"{path} is damaged: it does not hold {wanted:,} bytes. Remove its folder.")
    return np.memmap(path, dtype, "r", shape=shape) if wanted else np.empty(shape, dtype)


def in_file(array: np.ndarray | None) -> bool:
    """Return whether an array is one of those in files."""
    return isinstance(array, np.memmap)


def give_back(array: np.ndarray) -> None:
    """Give the memory of what was read of an array in a file back to the system."""
    pages = vars(array).get("_mmap") if isinstance(array, np.memmap) else None
    if isinstance(pages, mmap.mmap):
        pages.madvise(mmap.MADV_DONTNEED)


def unnamed(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array to write to, in a file that vanishes with it.

    Raises:
        StorageError: the disk has no room for it.
    """
    folder, size = series_cache(), np.dtype(dtype).itemsize * int(np.prod(shape))
    if not size:
        return np.empty(shape, dtype)
    if not make_room(folder, size):
        hint = "Free some space, or set $DLPY_CACHE to a folder on a larger disk."
        raise StorageError(f"{folder}: the rows of the series need {shown_size(size)} there. {hint}")
    with storage(folder), tempfile.TemporaryFile(dir=folder) as file:
        os.posix_fallocate(file.fileno(), 0, size)  # writing to a map of a full disk would end the process
        return np.memmap(file, dtype, "r+", shape=shape)


def blocks_of(array: np.ndarray, row_bytes: int | None = None) -> Iterator[slice]:
    """Yield the places of the rows of an array, a few megabytes at a time, and give their memory back.

    Args:
        array: the array.
        row_bytes: of what each row becomes, if that is more than the row itself.
    """
    own = array.itemsize * max(1, int(np.prod(array.shape[1:])))
    size = max(1, _BLOCK_BYTES // max(own, row_bytes or 0))
    for start in range(0, len(array), size):
        yield slice(start, min(start + size, len(array)))
        give_back(array)


def column_of(array: np.ndarray, place: int) -> np.ndarray:
    """Return a column of an array, in memory: (rows,)."""
    found = np.empty(len(array), array.dtype)
    for some in blocks_of(array):
        found[some] = array[some, place]
    return found


def changed(array: np.ndarray, change: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Return the changed rows of an array: in a file if it is in one, in memory otherwise.

    Args:
        array: the rows.
        change: returns the changed rows of a slice.
    """
    if not in_file(array):
        return change(slice(0, len(array)))
    first = change(slice(0, 1))
    made = unnamed((len(array), *first.shape[1:]), first.dtype)
    for some in blocks_of(array):
        made[some] = change(some)
        give_back(made)
    return made


def gathered(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows of an array, in the given order: in a file if it is in one, in memory otherwise."""
    if not in_file(array):
        return array[rows]
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
        return array[rows[0] : rows[0] + len(rows)]
    made = unnamed((len(rows), *array.shape[1:]), array.dtype)
    for some in blocks_of(made):
        made[some] = array[rows[some]]
        give_back(array)
    return made
