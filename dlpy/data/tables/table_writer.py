"""Writes the pieces of a table into a file of numbers and codes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Table
from dlpy.data.stored.table_file import TableFile, write_block
from dlpy.data.tables.stored_table import Columns

_MOST_TEXTS = 1_000_000


class CodedTexts:
    """The distinct texts of a column in the order of their first cells, each with a code from 0.

    lines: the line in the file of the first cell of each.
    """

    def __init__(self, name: str) -> None:
        self.name, self.lines = name, list[int]()
        self._codes: dict[str, int] = {}

    @property
    def texts(self) -> list[str]:
        """The texts by their codes."""
        return list(self._codes)

    def codes(self, texts: np.ndarray | Sequence[str], lines: Sequence[int] | None = None) -> np.ndarray:
        """Return the code of each text: (rows,) int32.

        Raises:
            DataError: there are too many different texts.
        """
        distinct, first, place = np.unique(np.asarray(texts, np.str_), return_index=True, return_inverse=True)
        numbers = np.empty(len(distinct), np.int32)
        for i in np.argsort(first).tolist():
            text = str(distinct[i])
            if text not in self._codes:
                self._codes[text] = len(self._codes)
                self.lines.append(0 if lines is None else lines[int(first[i])])
            numbers[i] = self._codes[text]
        if len(self._codes) > _MOST_TEXTS:
            raise DataError(f"column '{self.name}' has more than {_MOST_TEXTS:,} distinct texts: list it under ignore.")
        return numbers[place]


class TableWriter:
    """Writes tables with the same columns, one after the other.

    Args of an instance:
        path: the file to write.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.sizes, self.width = path, list[int](), 1
        self._file, self._texts, self._last = path.open("wb"), list[CodedTexts](), None

    def add(self, table: Table) -> None:
        """Append the rows of a table."""
        if self._last is None:
            self._texts = [CodedTexts(name) for name in table.categorical_names]
        columns = zip(self._texts, table.categorical.T, strict=True)
        codes = np.empty((len(table), len(self._texts)), np.int32)
        for place, (texts, column) in enumerate(columns):
            codes[:, place] = texts.codes(column)
        write_block(self._file, table.numeric, codes)
        self.sizes.append(len(table))
        self.width, self._last = max(self.width, table.categorical.dtype.itemsize // 4), table

    def count(self, name: str) -> int:
        """Return the number of distinct texts in a categorical column so far."""
        return next(len(one.texts) for one in self._texts if one.name == name)

    def close(self) -> dict[str, object]:
        """Close the file and return what `opened` needs, as JSON values."""
        self._file.close()
        last = self._last
        names = ((), (), ()) if last is None else (last.numeric_names, last.categorical_names, last.date_names)
        texts = [one.texts for one in self._texts]
        return {"names": [list(some) for some in names], "texts": texts, "width": self.width, "sizes": self.sizes}


def opened(path: Path, told: dict) -> tuple[TableFile, Columns]:
    """Return the file that a writer has closed, and its columns."""
    numeric, categorical, dates = (tuple(names) for names in told["names"])
    texts = tuple(np.array(some, np.str_) for some in told["texts"])
    columns = Columns(numeric, categorical, dates, texts, told["width"])
    return TableFile(path, (len(numeric), len(categorical)), told["sizes"]), columns
