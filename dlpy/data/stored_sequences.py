"""Rows in files that differ in length: integer sequences with padding, and sparse rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Padded, Sparse, splits_of
from dlpy.data.joined_features import joined
from dlpy.data.stored.base import Stored
from dlpy.data.stored.mapped import MappedArray

_GATHERED = 512  # rows taken before their pages are given back: the system maps 64 kB for each, which counts as memory
_CHUNK_ROWS = 8192
SUFFIXES = (".splits", ".weights")  # of the files beside that of the integers


def write(path: Path, blocks: Iterable[Padded | Sparse]) -> None:
    """Write rows, some at a time: their integers, where each row begins, and the weights of sparse rows."""
    lengths = [np.empty(0, np.int64)]
    with path.open("wb") as integers, path.with_suffix(".weights").open("wb") as weights:
        for rows in blocks:
            held = rows.columns if isinstance(rows, Sparse) else rows.values
            integers.write(np.ascontiguousarray(held, np.int32).data)
            if isinstance(rows, Sparse) and rows.values is not None:
                weights.write(np.ascontiguousarray(rows.values, np.float32).data)
            lengths.append(np.diff(rows.splits))
    splits_of(np.concatenate(lengths)).tofile(path.with_suffix(".splits"))


class RaggedFile:
    """Rows that `write` has written. The files may be deleted while they are open.

    Args of an instance:
        path: the file with the integers.
        like: rows of the same kind.
    """

    def __init__(self, path: Path, like: Padded | Sparse) -> None:
        self.splits = np.fromfile(path.with_suffix(".splits"), np.int64)
        self._integers = MappedArray(path, np.int32)
        self._weights = MappedArray(path.with_suffix(".weights"), np.float32)
        if not len(self.splits) or len(self._integers.numbers) != self.splits[-1]:
            raise DataError(f"{path} is damaged: it does not hold {len(self.splits):,} rows. Remove it.")
        if isinstance(like, Padded):
            self._whole = replace(like, values=self._integers.numbers, splits=self.splits)
        else:
            weights = None if like.values is None else self._weights.numbers
            self._whole = Sparse(self._integers.numbers, self.splits, like.width, weights)

    def read(self, rows: np.ndarray) -> Padded | Sparse:
        """Return these rows, in the given order."""
        order = np.argsort(rows, kind="stable")  # neighbours in the file are read together
        parts = []
        for start in range(0, max(1, len(rows)), _GATHERED):
            parts.append(self._whole.take(rows[order[start : start + _GATHERED]]))
            self._integers.give_back()
            self._weights.give_back()
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        found = joined(parts).take(places)
        if not isinstance(found, Padded | Sparse):
            raise TypeError(f"{type(found).__name__} is not stored like this")
        return found


@dataclass(frozen=True)
class StoredRagged(Stored):
    """Rows that differ in length.

    rows: (rows,) positions in the file.
    """

    file: RaggedFile
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> np.ndarray:
        """The number of integers in each row: (rows,)."""
        return self.file.splits[self.rows + 1] - self.file.splits[self.rows]

    def chunks(self) -> Iterator[Padded | Sparse]:
        """Yield all rows in chunks."""
        for start in range(0, len(self), _CHUNK_ROWS):
            yield self.file.read(self.rows[start : start + _CHUNK_ROWS])


@dataclass(frozen=True)
class StoredPadded(StoredRagged):
    """Integer sequences padded to one length with 0, at the front or back."""

    length: int
    front: bool

    @property
    def shape(self) -> tuple[int, int]:
        return len(self), self.length

    def at(self, rows: np.ndarray) -> StoredPadded:
        return replace(self, rows=rows)

    def read(self, rows: np.ndarray | slice | None = None) -> Padded:
        """Return the selected rows, or all rows."""
        found = self.file.read(self.rows if rows is None else self.rows[rows])
        return Padded(*_integers(found), self.length, self.front)

    def numbers(self) -> np.ndarray:
        """Return the padded array: (rows, length) int32."""
        return self.read().numbers()


@dataclass(frozen=True)
class StoredSparse(StoredRagged):
    """Sparse rows."""

    width: int

    def at(self, rows: np.ndarray) -> StoredSparse:
        return replace(self, rows=rows)

    def read(self, rows: np.ndarray | slice | None = None) -> Sparse:
        """Return the selected rows, or all rows."""
        found = self.file.read(self.rows if rows is None else self.rows[rows])
        if not isinstance(found, Sparse):
            raise TypeError("these rows are not sparse")
        return found


def opened(path: Path, like: Padded | Sparse, rows: np.ndarray) -> StoredPadded | StoredSparse:
    """Return rows that `write` has written, at these positions in the file.

    Args:
        path: the file.
        like: rows of the same kind.
        rows: (rows,) the positions.
    """
    file = RaggedFile(path, like)
    if isinstance(like, Padded):
        return StoredPadded(file, rows, like.length, like.front)
    return StoredSparse(file, rows, like.width)


def _integers(rows: Padded | Sparse) -> tuple[np.ndarray, np.ndarray]:
    return (rows.columns if isinstance(rows, Sparse) else rows.values), rows.splits
