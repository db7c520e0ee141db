"""The columns of a table in a file, block after block of rows, and each block column after column.

So both a block of rows and a whole column are read without reading much else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from dlpy.core.errors import DataError

_NUMBER, _CODE = "f8", "i4"  # of 8 and 4 bytes


def write_block(file: BinaryIO, numeric: np.ndarray, codes: np.ndarray) -> None:
    """Append rows to a file.

    Args:
        file: the file.
        numeric: (rows, columns) float64.
        codes: (rows, columns) int32.
    """
    file.write(np.ascontiguousarray(numeric.T, _NUMBER).data)
    file.write(np.ascontiguousarray(codes.T, _CODE).data)


class TableFile:
    """Numbers and codes in a file. The file may be deleted while it is open.

    Args of an instance:
        path: the file.
        columns: how many columns of numbers there are, and how many of codes.
        sizes: the rows of each block.
    """

    def __init__(self, path: Path, columns: tuple[int, int], sizes: Sequence[int]) -> None:
        self.numbers, self.coded = columns
        self.starts = np.cumsum([0, *sizes])  # (blocks + 1,) the first row of each block
        self.row_bytes = 8 * self.numbers + 4 * self.coded
        self._file, self.path = path.open("rb", buffering=0), path
        if os.fstat(self._file.fileno()).st_size != len(self) * self.row_bytes:
            raise DataError(f"{path} is damaged: it does not hold {len(self):,} rows. Remove its folder.")

    def __len__(self) -> int:
        return int(self.starts[-1])

    def block(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of a block: (rows, columns) float64, and (rows, columns) int32 codes."""
        first, stop = self.starts[number : number + 2].tolist()
        content, rows = np.empty((stop - first) * self.row_bytes, np.uint8), stop - first
        self._fill(content, first * self.row_bytes)
        border = rows * self.numbers * 8
        numbers = content[:border].view(_NUMBER).reshape(self.numbers, rows)
        codes = content[border:].view(_CODE).reshape(self.coded, rows)
        return np.ascontiguousarray(numbers.T), np.ascontiguousarray(codes.T)

    def column(self, place: int) -> np.ndarray:
        """Return a column of numbers: (rows,) float64."""
        found = np.empty(len(self), _NUMBER)
        for first, stop in zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True):
            part = found[first:stop]
            self._fill(part.view(np.uint8), first * self.row_bytes + place * part.nbytes)
        return found

    def _fill(self, content: np.ndarray, offset: int) -> None:
        """Fill an array of bytes from this place in the file on."""
        done = 0
        while done < len(content):
            read = os.preadv(self._file.fileno(), [content[done:].data], offset + done)
            if read == 0:
                raise DataError(f"{self.path} was truncated while it was being read.")
            done += read
