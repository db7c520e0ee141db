"""Pictures as rows that stay in a file until a batch asks for them: no more of them is in memory than that batch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.images.files import Form, read_pictures

_CHUNK_BYTES = 4_000_000

Shape = tuple[int, int, int, int]


class Store(Protocol):
    """Where pictures are."""

    @property
    def shape(self) -> Shape:
        """Pictures, height, width, channels."""
        ...

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the chosen pictures, in that order: (rows, height, width, channels) uint8."""
        ...


@dataclass(frozen=True)
class Pictures:
    """Rows of a store of pictures, each (height, width, channels) uint8.

    rows: (rows,) positions in the store.
    """

    store: Store
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array it stands for: (rows, height, width, channels)."""
        return len(self), *self.store.shape[1:]

    @property
    def dtype(self) -> np.dtype:
        """The type of the array it stands for."""
        return np.dtype(np.uint8)

    def take(self, rows: np.ndarray) -> Pictures:
        """Return the chosen rows, in that order; nothing is read."""
        return replace(self, rows=self.rows[rows])

    def read(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the chosen rows, or all of them: (rows, height, width, channels) uint8."""
        return self.store.read(self.rows if rows is None else self.rows[rows])

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield all rows, some at a time."""
        size = max(1, _CHUNK_BYTES // int(np.prod(self.shape[1:])))
        for start in range(0, len(self), size):
            yield self.store.read(self.rows[start : start + size])


class FileStore:
    """Pictures one behind the other in a file, without anything else; the file may be deleted while it is open."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self._file, self.shape = path.open("rb", buffering=0), shape

    def read(self, rows: np.ndarray) -> np.ndarray:
        pictures = np.empty((len(rows), *self.shape[1:]), np.uint8)
        size = int(np.prod(self.shape[1:]))
        for picture, row in zip(pictures, rows.tolist(), strict=True):
            if os.preadv(self._file.fileno(), [picture.data], row * size) < size:
                raise DataError(f"{self._file.name} has become shorter while it was read.")
        return pictures


@dataclass(frozen=True)
class FolderStore:
    """Pictures that are decoded anew each time, where neither memory nor disk has room for them."""

    paths: Sequence[Path]
    form: Form
    shape: Shape

    def read(self, rows: np.ndarray) -> np.ndarray:
        pictures = np.empty((len(rows), *self.shape[1:]), np.uint8)
        for picture, found in zip(pictures, read_pictures([self.paths[row] for row in rows], self.form), strict=True):
            if isinstance(found, DataError):
                raise found
            picture[:] = found
        return pictures
