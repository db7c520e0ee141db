"""Images and videos as rows that are read from a file batch by batch, so that only one batch is in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.images.files import RowForm, read_pictures

_CHUNK_BYTES = 4_000_000

Shape = tuple[int, ...]


class Store(Protocol):
    """A source of images, or of videos."""

    @property
    def shape(self) -> Shape:
        """(images, height, width, channels), or (videos, frames, height, width, channels)."""
        ...

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the selected images, in the given order: (rows, ...) uint8."""
        ...


@dataclass(frozen=True)
class Pictures:
    """Rows of an image store, each (height, width, channels) uint8, or of a store of videos.

    rows: (rows,) positions in the store.
    """

    store: Store
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the represented array: (rows, [frames,] height, width, channels)."""
        return len(self), *self.store.shape[1:]

    @property
    def dtype(self) -> np.dtype:
        """The type of the represented array."""
        return np.dtype(np.uint8)

    def take(self, rows: np.ndarray) -> Pictures:
        """Return the selected rows, in the given order, without reading them."""
        return replace(self, rows=self.rows[rows])

    def read(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the selected rows, or all rows: (rows, [frames,] height, width, channels) uint8."""
        return self.store.read(self.rows if rows is None else self.rows[rows])

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield all rows in chunks."""
        size = max(1, _CHUNK_BYTES // int(np.prod(self.shape[1:])))
        for start in range(0, len(self), size):
            yield self.store.read(self.rows[start : start + size])


class FileStore:
    """Raw images stored consecutively in a file; the file may be deleted while it is open."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self._file, self.shape = path.open("rb", buffering=0), shape

    def read(self, rows: np.ndarray) -> np.ndarray:
        pictures = np.empty((len(rows), *self.shape[1:]), np.uint8)
        size = int(np.prod(self.shape[1:]))
        for picture, row in zip(pictures, rows.tolist(), strict=True):
            if os.preadv(self._file.fileno(), [picture.data], row * size) < size:
                raise DataError(f"{self._file.name} was truncated while it was being read.")
        return pictures


@dataclass(frozen=True)
class FolderStore:
    """Images that are decoded each time they are needed, if they fit neither in memory nor on disk."""

    paths: Sequence[Path]
    form: RowForm
    shape: Shape

    def read(self, rows: np.ndarray) -> np.ndarray:
        pictures = np.empty((len(rows), *self.shape[1:]), np.uint8)
        for picture, found in zip(pictures, read_pictures([self.paths[row] for row in rows], self.form), strict=True):
            if isinstance(found, DataError):
                raise found
            picture[:] = found
        return pictures
