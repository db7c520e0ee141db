"""Base class of multi_hot, counts and tf_idf: bag-of-words encodings, which ignore the order of a sequence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Sequences, Sparse, splits_of
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task

_CHUNK_ROWS = 1000  # few enough that the integers of most texts fit into the processor's cache
_MOST_CELLS = 2**31 - 1  # of a chunk, numbered as int32


class Bag(Transform):
    """Encodes each sequence as a row with one column per integer."""

    size: Annotated[int, Field(gt=0)] | None = None
    """Number of columns; larger integers are dropped. Default: the vocabulary size."""

    def outline(self, task: Task) -> Task:
        if task.input.kind != "sequence" or task.input.padding:
            hints = {"text": ". Add 'tokenize' before it", "sequence": ". Remove 'pad' before it"}
            hint = hints.get(task.input.kind, "")
            raise ConfigError(f"{self.name} requires sequences of integers, not {task.input}{hint}.")
        shape = (self.size or task.input.vocabulary,)
        return task.with_input(replace(task.input, kind="sparse", shape=shape, vocabulary=None))

    def fit(self, rows: Rows, task: Task) -> State:
        return self._sized([rows], task)

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        return self._sized(pieces.blocks(), task)

    def _sized(self, blocks: Iterable[Rows], task: Task) -> State:
        known = self.size or task.input.vocabulary
        largest = 0 if known else max(int(self.sequences(rows).values.max(initial=0)) for rows in blocks)
        return {"size": np.array(known or largest + 1)}

    def sequences(self, rows: Rows) -> Sequences:
        """Return the sequences of the rows."""
        if not isinstance(rows.x, Sequences):
            raise ConfigError(f"{self.name} requires sequences of integers.")
        return rows.x


def multi_hot(sequences: Sequences, size: int) -> Sparse:
    """Return the set of integers below `size` in each sequence, as sparse rows."""
    columns, lengths = [], []
    for rows, cells in _chunks(sequences, size):
        _add(columns, lengths, cells[_firsts(cells)], (rows, size))
    return Sparse(_joined(columns, np.int32), splits_of(_joined(lengths, np.int64)), size)


def counts(sequences: Sequences, size: int) -> Sparse:
    """Return the count of each integer below `size` in each sequence, as sparse rows."""
    columns, lengths, values = [], [], []
    for rows, cells in _chunks(sequences, size):
        firsts = _firsts(cells)
        _add(columns, lengths, cells[firsts], (rows, size))
        values.append(np.diff(firsts, append=len(cells)).astype(np.float32))
    splits = splits_of(_joined(lengths, np.int64))
    return Sparse(_joined(columns, np.int32), splits, size, _joined(values, np.float32))


def _add(columns: list[np.ndarray], lengths: list[np.ndarray], places: np.ndarray, shape: tuple[int, int]) -> None:
    """Add the columns of each row's cells, and their number.

    Args:
        columns, lengths: of the chunks before.
        places: ascending flat indices in (rows, size).
        shape: (rows, size).
    """
    starts = np.arange(shape[0] + 1) * shape[1]
    lengths.append(np.diff(np.searchsorted(places, starts)))
    columns.append((places - np.repeat(starts[:-1], lengths[-1])).astype(np.int32))


def _chunks(sequences: Sequences, size: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield chunks of sequences: the number of rows, and the flat indices of their integers in (rows, size), sorted."""
    step = max(1, min(_CHUNK_ROWS, _MOST_CELLS // size))
    for start in range(0, len(sequences), step):
        splits = sequences.splits[start : start + step + 1]
        values = sequences.values[splits[0] : splits[-1]]
        row = np.repeat(np.arange(len(splits) - 1) * size, np.diff(splits))
        inside = values < size
        cells = (row[inside] + values[inside]).astype(np.int32)
        cells.sort()
        yield len(splits) - 1, cells


def _firsts(cells: np.ndarray) -> np.ndarray:
    """Return where each different number begins in sorted numbers."""
    differs = np.ones(len(cells), bool)
    np.not_equal(cells[1:], cells[:-1], out=differs[1:])
    return np.flatnonzero(differs)


def _joined(parts: list[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate([np.empty(0, dtype), *parts])
