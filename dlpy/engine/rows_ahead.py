"""The rows of an epoch that lie in a file: a thread gathers the next ones while a graph runs over the present ones."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import numpy as np

from dlpy.data.stored.array import StoredArray

_WINDOW_BYTES = 12_000_000  # gathered at once: the more, the closer together they lie in the file


class RowsAhead:
    """Rows in an order.

    Args of an instance:
        rows: the rows.
        order: (drawn,) int32, positions of rows.
        batch_size: the number of rows in a step.
    """

    def __init__(self, rows: StoredArray, order: np.ndarray, batch_size: int) -> None:
        self._rows, self._order = rows, order
        steps = max(1, _WINDOW_BYTES // (4 * rows.shape[1] * batch_size))
        self._window = steps * batch_size
        self._lock, self._thread = Lock(), ThreadPoolExecutor(1)
        self._read: dict[int, Future[np.ndarray]] = {}

    def read(self, start: int, count: int) -> np.ndarray:
        """Return rows from a place in the order on: (count, columns) float32."""
        first, last = start // self._window, max(start, start + count - 1) // self._window
        parts = [self._of_window(number) for number in range(first, last + 1)]
        if start + count == len(self._order):
            self._read = {}  # the memory is needed elsewhere until the rows are read again
        start -= first * self._window
        return (parts[0] if len(parts) == 1 else np.concatenate(parts))[start : start + count]

    def _of_window(self, number: int) -> np.ndarray:
        """Return the rows of a window, and begin to read the next one."""
        with self._lock:
            self._read = {key: future for key, future in self._read.items() if number <= key <= number + 1}
            for one in (number, number + 1):
                if one not in self._read and one * self._window < len(self._order):
                    self._read[one] = self._thread.submit(self._gathered, one)
            present = self._read[number]
        return present.result()

    def _gathered(self, number: int) -> np.ndarray:
        return self._rows.read(self._order[number * self._window : (number + 1) * self._window])
