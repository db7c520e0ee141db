"""Features that lie in a file, of which only the rows that are needed are read."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, Self

import numpy as np


class Digest(Protocol):
    """A hash that takes bytes, such as those of hashlib."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take more bytes."""
        ...


class Stored:
    """Rows in a file.

    rows: (rows,) int32, their positions in the file.
    """

    rows: np.ndarray

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the represented array; (rows, 0) for rows that are no array."""
        return len(self), 0

    @abstractmethod
    def at(self, rows: np.ndarray) -> Self:
        """Return rows at other positions in the file."""

    def take(self, rows: np.ndarray) -> Self:
        """Return the selected rows, in the given order, without reading them."""
        return self.at(self.rows[rows])

    def update(self, digest: Digest) -> None:
        """Give a hash the bytes that it is given of the same rows in memory."""
        raise NotImplementedError(type(self).__name__)
