"""Texts in a file, of which some are read at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Texts, splits_of
from dlpy.data.stored.base import Digest, Stored

_BLOCK_BYTES = 4_000_000
_SPARE = 4  # bytes that may be read for each byte that is needed
_ENCODING = "utf-8", "surrogatepass"


class TextsWriter:
    """Writes texts, some at a time.

    Args of an instance:
        path: the file to write.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._file, self._lengths = path, path.open("wb"), list[np.ndarray]()

    def add(self, texts: Texts) -> None:
        """Append texts."""
        encoded = [text.encode(*_ENCODING) for text in texts.values.tolist()]
        self._file.write(b"".join(encoded))
        self._lengths.append(np.fromiter(map(len, encoded), np.int64, len(encoded)))

    def close(self) -> None:
        """Write what is left."""
        self._file.close()
        splits_of(np.concatenate([np.empty(0, np.int64), *self._lengths])).tofile(self.path.with_suffix(".splits"))


class TextsFile:
    """The texts of a closed TextsWriter. The file may be deleted while it is open.

    splits: (rows + 1,) int64, the bytes where each text begins and ends.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.splits = path, np.fromfile(path.with_suffix(".splits"), np.int64)
        self._file = path.open("rb", buffering=0)
        if not len(self.splits) or os.fstat(self._file.fileno()).st_size != self.splits[-1]:
            raise DataError(f"{path} is damaged: it does not hold {len(self):,} texts. Remove its folder.")

    def __len__(self) -> int:
        return len(self.splits) - 1

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return these texts: (rows,) objects of type str."""
        starts, stops = self.splits[rows], self.splits[rows + 1]
        found = np.empty(len(rows), object)
        first, last = int(starts.min(initial=0)), int(stops.max(initial=0))
        if len(rows) and last - int(starts.min()) <= _SPARE * int((stops - starts).sum()):
            first = int(starts.min())
            content = self._bytes(first, last)
            parts = (content[start - first : stop - first] for start, stop in zip(starts, stops, strict=True))
        else:
            parts = (self._bytes(start, stop) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True))
        found[:] = [part.decode(*_ENCODING) for part in parts]
        return found

    def _bytes(self, start: int, stop: int) -> bytes:
        content = os.pread(self._file.fileno(), stop - start, start)
        if len(content) != stop - start:
            raise DataError(f"{self.path} was truncated while it was being read.")
        return content


@dataclass(frozen=True)
class StoredTexts(Stored):
    """Texts in a file.

    rows: (rows,) positions in the file.
    """

    file: TextsFile
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, rows: np.ndarray) -> StoredTexts:
        return replace(self, rows=rows)

    def read(self, rows: np.ndarray) -> Texts:
        """Return a few selected texts, in the given order."""
        return Texts(self.file.read(self.rows[rows]))

    def blocks(self) -> Iterator[tuple[slice, Texts]]:
        """Yield the texts in their order, some megabytes at a time, and their places among the rows."""
        for _, some in self.in_blocks():
            yield some, Texts(self.file.read(self.rows[some]))

    def in_blocks(self) -> Iterator[tuple[int, slice]]:
        """Yield the number of each block and the places of its rows."""
        ends = np.cumsum(self.file.splits[self.rows + 1] - self.file.splits[self.rows])
        start = number = 0
        while start < len(self):
            done = int(ends[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, done + _BLOCK_BYTES, "right")))
            yield number, slice(start, stop)
            start, number = stop, number + 1

    def update(self, digest: Digest) -> None:
        total = int((self.file.splits[self.rows + 1] - self.file.splits[self.rows]).sum())
        digest.update(f"{np.dtype(np.uint8).str}{(total,)}".encode())
        lengths = list[np.ndarray]()
        for _, texts in self.blocks():
            lengths.append(np.fromiter(map(len, texts.values), np.int64, len(texts)))
            digest.update("".join(texts.values).encode(*_ENCODING))
        ends = np.cumsum(np.concatenate(lengths))
        digest.update(f"{ends.dtype.str}{ends.shape}".encode())
        digest.update(ends.tobytes())
