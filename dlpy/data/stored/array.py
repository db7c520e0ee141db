"""Rows of float32 numbers in a file, gathered in any order."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.stored.base import Digest, Stored

_GATHERED = 512  # rows taken before their pages are given back: the system maps 64 kB for each, which counts as memory
_CHUNK_BYTES = 1 << 24


class ArrayFile:
    """Numbers in a file, row after row: (rows, columns) float32. The file may be deleted while it is open."""

    def __init__(self, path: Path, columns: int) -> None:
        size = path.stat().st_size
        if size == 0 or size % (4 * columns):
            raise DataError(f"{path} is damaged: {size:,} bytes are no rows of {columns} numbers. Remove it.")
        self.path = path
        with path.open("rb") as file:
            self._pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._array = np.frombuffer(self._pages, np.float32).reshape(-1, columns)
        self.shape = self._array.shape

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return these rows, in the given order."""
        order = np.argsort(rows, kind="stable")  # neighbours in the file are read together
        found = np.empty((len(rows), self.shape[1]), np.float32)
        for start in range(0, len(rows), _GATHERED):
            some = order[start : start + _GATHERED]
            found[some] = self._array[rows[some]]
            self._pages.madvise(mmap.MADV_DONTNEED)
        return found


@dataclass(frozen=True)
class StoredArray(Stored):
    """Rows of an array in a file.

    rows: (rows,) positions in the file.
    """

    file: ArrayFile
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the represented array: (rows, columns)."""
        return len(self), self.file.shape[1]

    @property
    def dtype(self) -> np.dtype:
        """The type of the represented array."""
        return np.dtype(np.float32)

    def at(self, rows: np.ndarray) -> StoredArray:
        return replace(self, rows=rows)

    def read(self, rows: np.ndarray | slice | None = None) -> np.ndarray:
        """Return the selected rows, or all rows: (rows, columns) float32."""
        return self.file.read(self.rows if rows is None else self.rows[rows])

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield all rows in chunks."""
        size = max(1, _CHUNK_BYTES // (4 * self.shape[1]))
        for start in range(0, len(self), size):
            yield self.read(slice(start, start + size))

    def update(self, digest: Digest) -> None:
        digest.update(f"{self.dtype.str}{self.shape}".encode())
        for chunk in self.chunks():
            digest.update(chunk.tobytes())
