"""The rows of an epoch that lie in a file: a thread gathers the next ones while a graph runs over the present ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import numpy as np

from dlpy.data.features import Features, Padded, Sparse, Windows
from dlpy.data.joined_features import joined
from dlpy.data.stored.array import StoredArray
from dlpy.data.stored.mapped_rows import MappedRows, in_file
from dlpy.data.stored_sequences import StoredPadded, StoredSparse

Gathered = np.ndarray | Padded | Sparse
InFile = StoredArray | StoredPadded | StoredSparse | Windows | MappedRows

_WINDOW_BYTES = 12_000_000  # gathered at once: the more, the closer together they lie in the file


def files_of(inputs: Mapping[str, Features]) -> dict[str, InFile]:
    """Return the inputs that are in files."""
    kinds = {name: x for name, x in inputs.items() if isinstance(x, InFile)}
    return {name: x for name, x in kinds.items() if not isinstance(x, Windows) or x.in_file}


def targets_in_files(targets: Mapping[str, np.ndarray]) -> dict[str, MappedRows]:
    """Return the targets that are in files, (rows, units)."""
    return {name: MappedRows(with_units(y)) for name, y in targets.items() if in_file(y)}


def with_units(target: np.ndarray) -> np.ndarray:
    """Return targets as (rows, units, ...)."""
    return target if target.ndim > 1 else target[:, None]


def _row_bytes(rows: InFile) -> int:
    if isinstance(rows, StoredArray | Windows | MappedRows):
        return 4 * math.prod(rows.shape[1:])
    return 8 * (2 + int(rows.lengths.mean()))


class RowsAhead:
    """Rows in an order.

    Args of an instance:
        rows: the rows.
        order: (drawn,) int32, positions of rows.
        batch_size: the number of rows in a step.
    """

    def __init__(self, rows: InFile, order: np.ndarray, batch_size: int) -> None:
        self._rows, self._order = rows, order
        steps = max(1, _WINDOW_BYTES // (_row_bytes(rows) * batch_size))
        self._window = steps * batch_size
        self._lock, self._thread = Lock(), ThreadPoolExecutor(1)
        self._read: dict[int, Future[Gathered]] = {}

    def read(self, start: int, count: int) -> Gathered:
        """Return rows from a place in the order on."""
        first, last = start // self._window, max(start, start + count - 1) // self._window
        parts = [self._of_window(number) for number in range(first, last + 1)]
        if start + count == len(self._order):
            self._read = {}  # the memory is needed elsewhere until the rows are read again
        start -= first * self._window
        whole = parts[0] if len(parts) == 1 else joined(parts)
        if isinstance(whole, Padded | Sparse):
            return whole.take(np.arange(start, start + count))
        return np.asarray(whole)[start : start + count]

    def _of_window(self, number: int) -> Gathered:
        """Return the rows of a window, and begin to read the next one."""
        with self._lock:
            self._read = {key: future for key, future in self._read.items() if number <= key <= number + 1}
            for one in (number, number + 1):
                if one not in self._read and one * self._window < len(self._order):
                    self._read[one] = self._thread.submit(self._gathered, one)
            present = self._read[number]
        return present.result()

    def _gathered(self, number: int) -> Gathered:
        return self._rows.read(self._order[number * self._window : (number + 1) * self._window])
