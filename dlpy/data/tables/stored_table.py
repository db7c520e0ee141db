"""Tables in a file, with the categories of each column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dlpy.data.features import Table
from dlpy.data.stored.base import Digest, Stored
from dlpy.data.stored.table_file import TableFile


@dataclass(frozen=True)
class Columns:
    """The columns of a stored table.

    texts: the distinct cells of each categorical column by their codes, "" for missing ones. width: the characters of
    the longest cell of all.
    """

    numeric_names: tuple[str, ...]
    categorical_names: tuple[str, ...]
    date_names: tuple[str, ...]
    texts: tuple[np.ndarray, ...]
    width: int = 1


@dataclass(frozen=True)
class StoredTable(Stored):
    """Rows of a table in a file.

    rows: (rows,) positions in the file, in ascending order.
    """

    file: TableFile
    columns: Columns
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def numeric_names(self) -> tuple[str, ...]:
        """The names of the numeric columns."""
        return self.columns.numeric_names

    @property
    def categorical_names(self) -> tuple[str, ...]:
        """The names of the categorical columns."""
        return self.columns.categorical_names

    @property
    def date_names(self) -> tuple[str, ...]:
        """The numeric columns that are dates."""
        return self.columns.date_names

    def at(self, rows: np.ndarray) -> StoredTable:
        return replace(self, rows=rows)

    def blocks(self) -> Iterator[tuple[slice, Table]]:
        """Yield the rows in their order, those of each block of the file together, and their places among the rows."""
        for number, some in self.in_blocks():
            yield some, self._table(number, self.rows[some] - self.file.starts[number])

    def read(self, rows: np.ndarray) -> Table:
        """Return a few selected rows, in the given order."""
        places, order = np.unique(self.rows[rows], return_inverse=True)
        tables = [table for _, table in replace(self, rows=places).blocks()]
        numeric = np.concatenate([table.numeric for table in tables])[order]
        categorical = np.concatenate([table.categorical for table in tables])[order]
        return replace(tables[0], numeric=numeric, categorical=categorical)

    def column(self, place: int) -> np.ndarray:
        """Return a numeric column: (rows,) float64."""
        return self.file.column(place)[self.rows]

    def counts(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the distinct texts of each categorical column by their codes, and how often they occur."""
        found = [np.zeros(len(texts), np.int64) for texts in self.columns.texts]
        for number, some in self.in_blocks() if found else ():
            codes = self.file.block(number)[1][self.rows[some] - self.file.starts[number]]
            for count, column in zip(found, codes.T, strict=True):
                count += np.bincount(column, minlength=len(count))
        return list(zip(self.columns.texts, found, strict=True))

    def in_blocks(self) -> Iterator[tuple[int, slice]]:
        """Yield each block of the file that holds some of the rows, and the places of these."""
        bounds = np.searchsorted(self.rows, self.file.starts)
        for number, (first, stop) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
            if first < stop:
                yield number, slice(first, stop)

    def _table(self, number: int, rows: np.ndarray) -> Table:
        """Return some rows of a block."""
        numbers, codes = self.file.block(number)
        texts = np.empty((len(rows), len(self.columns.texts)), f"<U{max(1, self.columns.width)}")
        for place, distinct in enumerate(self.columns.texts):
            texts[:, place] = distinct[codes[rows, place]]
        return Table(numbers[rows], self.numeric_names, texts, self.categorical_names, self.date_names)

    def update(self, digest: Digest) -> None:
        for name in ("numeric", "categorical"):
            for number, (_, table) in enumerate(self.blocks()):
                array = getattr(table, name)
                if number == 0:
                    digest.update(f"{array.dtype.str}{(len(self), *array.shape[1:])}".encode())
                digest.update(array.tobytes())
