"""Arrays in files whose rows are read like those of an array in memory, some at a time."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.errors import DataError, StorageError
from dlpy.core.memory import shown_size
from dlpy.storage.atomic import storage
from dlpy.storage.cache import has_room_for_a_while, own_cache

_BLOCK_BYTES = 1 << 22
_GATHERED = 1024  # rows taken before their pages are given back: the system maps 64 kB around each


@dataclass(frozen=True)
class MappedRows:
    """The rows of an array in a file, some of which are read at a time."""

    array: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.array.shape

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return these rows, in the given order."""
        found, order = np.empty((len(rows), *self.shape[1:]), self.array.dtype), np.argsort(rows, kind="stable")
        found[order] = taken(self.array, rows[order])
        return found


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
    return _pages_of(array) is not None


def give_back(*arrays: np.ndarray) -> None:
    """Give the memory of what was read of arrays in files back to the system."""
    for array in arrays:
        if (pages := _pages_of(array)) is not None:
            pages.madvise(mmap.MADV_DONTNEED)


def _pages_of(array: np.ndarray | None) -> mmap.mmap | None:
    """Return what maps the file of an array; None for one in memory, such as a copy of one in a file."""
    pages = vars(array).get("_mmap") if isinstance(array, np.memmap) else None
    return pages if isinstance(pages, mmap.mmap) else None


def unnamed(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array to write to, in a file that vanishes with it.

    Raises:
        StorageError: the disk has no room for it.
    """
    folder, size = series_cache(), np.dtype(dtype).itemsize * int(np.prod(shape))
    if not size:
        return np.empty(shape, dtype)
    if not has_room_for_a_while(folder, size):
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


def parts_of(array: np.ndarray) -> Iterator[slice]:
    """Yield the places of the rows of an array: all at once in memory, a few megabytes at a time in a file."""
    return blocks_of(array) if in_file(array) else iter([slice(0, len(array))])


def column_of(array: np.ndarray, place: int) -> np.ndarray:
    """Return a column of an array, in memory: (rows,)."""
    found = np.empty(len(array), array.dtype)
    for some in blocks_of(array):
        found[some] = array[some, place]
    return found


def changed(array: np.ndarray, change: Callable[[slice], np.ndarray], *also: np.ndarray | None) -> np.ndarray:
    """Return the changed rows of an array: in a file if it is in one, in memory otherwise.

    Args:
        array: the rows.
        change: returns the changed rows of a slice.
        also: other arrays in files that are read for this, whose memory is given back.
    """
    if not in_file(array):
        return change(slice(0, len(array)))
    first = change(slice(0, 1))
    made = unnamed((len(array), *first.shape[1:]), first.dtype)
    row_bytes = made.itemsize * max(1, int(np.prod(made.shape[1:])))
    for some in blocks_of(array, row_bytes):
        made[some] = change(some)
        give_back(made, *(one for one in also if one is not None))
    return made


def gathered(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows of an array, in the given order: in a file if it is in one, in memory otherwise."""
    if not in_file(array):
        return array[rows]
    if len(rows) and follow_each_other(rows):
        return array[int(rows[0]) : int(rows[-1]) + 1]
    made = unnamed((len(rows), *array.shape[1:]), array.dtype)
    for some in blocks_of(made):
        made[some] = taken(array, rows[some])
        give_back(rows)
    return made


def taken(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows of an array, in the given order, in memory."""
    if not in_file(array):
        return array[rows]
    found = np.empty((len(rows), *array.shape[1:]), array.dtype)
    for start in range(0, len(rows), _GATHERED):
        some = slice(start, start + _GATHERED)
        found[some] = array[rows[some]]
        give_back(array)
    return found


def empty_like(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """Return an array to write to, in a file if another is in one, in memory otherwise."""
    chosen = dtype or array.dtype
    return unnamed(array.shape, chosen) if in_file(array) else np.empty(array.shape, chosen)


def collected(parts: Iterable[np.ndarray], dtype: Any) -> np.ndarray:
    """Return arrays one behind the other, as one array in a file."""
    folder = series_cache()
    folder.mkdir(parents=True, exist_ok=True)
    with storage(folder), tempfile.TemporaryFile(dir=folder) as file:
        for part in parts:
            file.write(np.ascontiguousarray(part, dtype).data)
        file.flush()
        count = file.tell() // np.dtype(dtype).itemsize
        return np.memmap(file, dtype, "r+", shape=(count,)) if count else np.empty(0, dtype)


def rows_where(
    span: tuple[int, int], holds: Callable[[np.ndarray], np.ndarray], *arrays: np.ndarray | None
) -> np.ndarray:
    """Return the rows for which a condition holds, in order: (rows,) int64.

    Args:
        span: the first row, and the one after the last.
        holds: returns for each of some rows whether it does.
        arrays: what it reads. If one is in a file, some rows are looked at at a time, and those found are in a file.
    """
    read = [array for array in arrays if array is not None]
    if not any(map(in_file, read)):
        rows = np.arange(*span)
        return rows[holds(rows)]

    def found() -> Iterator[np.ndarray]:
        size = max(1, _BLOCK_BYTES // 8)
        for start in range(*span, size):
            rows = np.arange(start, min(start + size, span[1]))
            yield rows[holds(rows)]
            give_back(*read)

    return collected(found(), np.int64)


def holds_for_any(array: np.ndarray, holds: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Return whether a condition holds for any row of an array.

    Args:
        array: the rows.
        holds: returns for each of some rows whether it does.
    """
    return any(bool(holds(array[some]).any()) for some in parts_of(array))


def least_and_most(array: np.ndarray) -> tuple[Any, Any]:
    """Return the smallest and the largest number of an array, which is not empty."""
    ends = [(array[some].min(), array[some].max()) for some in parts_of(array)]
    return min(least for least, _ in ends), max(most for _, most in ends)


def follow_each_other(rows: np.ndarray) -> bool:
    """Return whether each row is the one after the row before."""
    if rows[-1] - rows[0] != len(rows) - 1:
        return False
    return not any(np.any(rows[some] != int(rows[0]) + np.arange(some.start, some.stop)) for some in blocks_of(rows))
