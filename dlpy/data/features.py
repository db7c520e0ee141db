"""Containers for input features: arrays, integer sequences, sparse rows, tables, texts and windows.

Each contains rows, has a length, and returns selected rows with `take`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Union

import numpy as np

from dlpy.data.images.rows import Pictures
from dlpy.data.stored.array import StoredArray
from dlpy.data.stored.base import Stored
from dlpy.data.windows import Passages, Windows


@dataclass(frozen=True)
class Sequences:
    """Integer sequences of varying length: row i is `values[splits[i] : splits[i + 1]]`.

    values: (total,) integers. splits: (rows + 1,) int64, ascending from 0.
    """

    values: np.ndarray
    splits: np.ndarray

    def __len__(self) -> int:
        return len(self.splits) - 1

    def take(self, rows: np.ndarray) -> Sequences:
        """Return the selected rows, in the given order."""
        positions, splits = _ragged_positions(self.splits, rows)
        return Sequences(self.values[positions], splits)

    def row(self, index: int) -> np.ndarray:
        """Return one row: (length,) integers."""
        return self.values[self.splits[index] : self.splits[index + 1]]

    def only(self, kept: np.ndarray) -> Sequences:
        """Return the rows with only the integers selected by `kept`: (total,) bool."""
        return Sequences(self.values[kept], splits_of(kept)[self.splits])


@dataclass(frozen=True)
class Sparse:
    """Sparse rows in CSR format (compressed sparse rows).

    columns: (non-zeros,) int32, ascending within a row. splits: (rows + 1,) int64.
    values: (non-zeros,) float32, or None if all are 1.
    """

    columns: np.ndarray
    splits: np.ndarray
    width: int
    values: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.splits) - 1

    def take(self, rows: np.ndarray) -> Sparse:
        """Return the selected rows, in the given order."""
        positions, splits = _ragged_positions(self.splits, rows)
        values = None if self.values is None else self.values[positions]
        return Sparse(self.columns[positions], splits, self.width, values)


@dataclass(frozen=True)
class Table:
    """Columns of a table before encoding.

    numeric: (rows, numeric columns) float64, NaN in missing cells.
    categorical: (rows, categorical columns) str, "" in missing cells.
    date_names: the numeric columns that are dates, in seconds since 1970.
    """

    numeric: np.ndarray
    numeric_names: tuple[str, ...]
    categorical: np.ndarray
    categorical_names: tuple[str, ...]
    date_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.numeric)

    def take(self, rows: np.ndarray) -> Table:
        """Return the selected rows, in the given order."""
        return replace(self, numeric=self.numeric[rows], categorical=self.categorical[rows])


@dataclass(frozen=True)
class Scaled:
    """An array of small integers that represents `array * scale + offset`, computed batch by batch."""

    array: np.ndarray | Pictures
    scale: float
    offset: float

    def __len__(self) -> int:
        return len(self.array)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.array.shape

    @property
    def held(self) -> np.ndarray:
        """The integer array in memory."""
        return self.array.read() if isinstance(self.array, Pictures) else self.array

    def take(self, rows: np.ndarray) -> Scaled:
        """Return the selected rows, in the given order."""
        held = self.array
        return replace(self, array=held.take(rows) if isinstance(held, Pictures) else held[rows])

    def numbers(self) -> np.ndarray:
        """Return the represented numbers as float32."""
        scaled = np.multiply(self.held, np.float32(self.scale), dtype=np.float32)
        return np.add(scaled, np.float32(self.offset), out=scaled)


@dataclass(frozen=True)
class Texts:
    """Texts before tokenization.

    values: (rows,) objects of type str.
    """

    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: np.ndarray) -> Texts:
        """Return the selected rows, in the given order."""
        return Texts(self.values[rows])


@dataclass(frozen=True)
class Padded:
    """Integer sequences padded to one length with 0, at the front or back.

    values, splits: as in Sequences, no row longer than `length`.
    """

    values: np.ndarray
    splits: np.ndarray
    length: int
    front: bool

    def __len__(self) -> int:
        return len(self.splits) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the padded array: (rows, length)."""
        return len(self), self.length

    @property
    def lengths(self) -> np.ndarray:
        """The length of each row without padding: (rows,)."""
        return np.diff(self.splits)

    def take(self, rows: np.ndarray) -> Padded:
        """Return the selected rows, in the given order."""
        positions, splits = _ragged_positions(self.splits, rows)
        return replace(self, values=self.values[positions], splits=splits)

    def numbers(self) -> np.ndarray:
        """Return the padded array: (rows, length) int32."""
        lengths = self.lengths
        filled = np.zeros(self.shape, np.int32)
        own = np.arange(self.length) < lengths[:, None]
        filled[own[:, ::-1] if self.front else own] = self.values
        return filled


Features = Union["np.ndarray", Sequences, Sparse, Table, Scaled, Texts, Padded, Windows, Pictures, Passages, Stored]


def take(features: Features, rows: np.ndarray) -> Features:
    """Return the selected rows of any kind of features, in the given order."""
    return features[rows] if isinstance(features, np.ndarray) else features.take(rows)


def row_bytes(features: Features) -> int:
    """Return the size in bytes of an array row as float32; 1 for rows that are not arrays."""
    if isinstance(features, Passages):  # one-hot: one number per token of the vocabulary
        return 4 * features.length * len(features.words)
    has_shape = isinstance(features, np.ndarray | Scaled | Padded | Windows | Pictures | StoredArray | Stored)
    shape = features.shape if has_shape else (1, 0)
    return max(1, 4 * math.prod(shape[1:]))


def value_span(features: Features) -> tuple[float, float]:
    """Return the smallest and largest number that the rows of an array can contain: 0 and 255 for bytes."""
    array = features.array if isinstance(features, Scaled) else features
    if isinstance(array, np.ndarray) and array.dtype != np.uint8:
        return float(array.min()), float(array.max())
    return 0.0, 255.0


def arrays_of(features: Features) -> Iterable[np.ndarray]:
    """Return the arrays of the features in a fixed order, for fingerprints and checks."""
    if isinstance(features, np.ndarray):
        return [features]
    if isinstance(features, Pictures | StoredArray):
        return features.chunks()
    if isinstance(features, Stored):
        raise TypeError(f"the rows of {type(features).__name__} are not in memory")
    if isinstance(features, Scaled):
        return arrays_of(features.array)
    if isinstance(features, Texts):
        ends = np.cumsum([len(text) for text in features.values])
        return [np.frombuffer("".join(features.values).encode("utf-8", "surrogatepass"), np.uint8), ends]
    if isinstance(features, Passages):
        words = "\0".join(features.words).encode("utf-8", "surrogatepass")
        return [features.tokens, features.starts, np.frombuffer(words, np.uint8)]
    members = (getattr(features, name) for name in features.__dataclass_fields__)
    return [member for member in members if isinstance(member, np.ndarray)]


def splits_of(lengths: np.ndarray) -> np.ndarray:
    """Return the splits of consecutive rows with these lengths: (rows + 1,) int64."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def stretches(starts: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the concatenated positions of spans, given their starts and lengths, and the splits of the spans."""
    splits = splits_of(lengths)
    largest = max(splits[-1], starts.max(initial=0) + lengths.max(initial=0))
    dtype = np.int32 if largest < 2**31 else np.int64  # int32 is four times as fast
    positions = np.repeat((starts - splits[:-1]).astype(dtype), lengths)
    positions += np.arange(splits[-1], dtype=dtype)
    return positions, splits


def _ragged_positions(splits: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the selected rows' values, and the splits of the selection."""
    return stretches(splits[rows], splits[rows + 1] - splits[rows])
