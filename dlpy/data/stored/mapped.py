"""A flat array in a file, of which only the parts that are needed are in memory."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError


class MappedArray:
    """Numbers in a file, one after the other. The file may be deleted while it is open.

    Args of an instance:
        path: the file.
        dtype: of the numbers.
    """

    def __init__(self, path: Path, dtype: type) -> None:
        size = path.stat().st_size
        if size % np.dtype(dtype).itemsize:
            raise DataError(f"{path} is damaged: {size:,} bytes are no {np.dtype(dtype)}. Remove it.")
        self._pages: mmap.mmap | None = None
        self.numbers = np.empty(0, dtype)
        if size:
            with path.open("rb") as file:
                self._pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.numbers = np.frombuffer(self._pages, dtype)

    def give_back(self) -> None:
        """Give the memory of what was read back to the system."""
        if self._pages is not None:
            self._pages.madvise(mmap.MADV_DONTNEED)
