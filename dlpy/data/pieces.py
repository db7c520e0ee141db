"""Rows that are read from a file block after block, for transforms that are fitted on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dlpy.data.features import Features, Table
from dlpy.data.rows import Rows
from dlpy.data.stored_texts import StoredTexts
from dlpy.data.tables.stored_table import StoredTable

_GROUP_BYTES = 200_000_000  # of the columns that are read at once

Step = Callable[[Rows], Rows]


@dataclass(frozen=True)
class Pieces:
    """The rows of a table or of texts in a file, changed by the transforms that were fitted before.

    index: (rows,) the positions of the rows in their source. name: of the input. steps: those transforms, in order.
    """

    table: StoredTable | StoredTexts
    index: np.ndarray
    name: str
    steps: tuple[Step, ...] = ()

    def __len__(self) -> int:
        return len(self.table)

    def with_step(self, step: Step) -> Pieces:
        """Return the same rows, changed by one more transform."""
        return Pieces(self.table, self.index, self.name, (*self.steps, step))

    def blocks(self) -> Iterator[Rows]:
        """Yield the rows in order, without targets, some thousand at a time."""
        for some, table in self.table.blocks():
            yield self._changed(Rows({self.name: table}, {}, self.index[some]))

    @cached_property
    def first(self) -> Rows:
        """The first rows."""
        return next(self.blocks())

    def columns(self) -> Iterator[np.ndarray]:
        """Yield one numeric column after the other: (rows,)."""
        count, dtype = numbers_in(self.first.x).shape[1], numbers_in(self.first.x).dtype
        if not self.steps:
            yield from map(_columns_of(self.table).column, range(count))
            return
        group = max(1, _GROUP_BYTES // (dtype.itemsize * len(self)))
        for start in range(0, count, group):
            found = np.empty((min(group, count - start), len(self)), dtype)
            done = 0
            for rows in self.blocks():
                found[:, done : done + len(rows)] = numbers_in(rows.x)[:, start : start + group].T
                done += len(rows)
            yield from found

    @cached_property
    def counts(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The distinct texts of each categorical column, sorted and without missing cells, and how often they occur."""
        if not self.steps:
            return [_sorted(texts, counts) for texts, counts in _columns_of(self.table).counts()]
        found: list[Counter[str]] = [Counter() for _ in _columns_of(self.table).categorical_names]
        for rows in self.blocks():
            for counter, column in zip(found, _table(rows).categorical.T, strict=True):
                values, counts = np.unique(column, return_counts=True)
                counter.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        return [_sorted(np.array([*one], np.str_), np.array([*one.values()], np.int64)) for one in found]

    def _changed(self, rows: Rows) -> Rows:
        for step in self.steps:
            rows = step(rows)
        return rows


def numbers_in(features: Features) -> np.ndarray:
    """Return the numeric columns of a table, or the numbers of an array: (rows, columns)."""
    if isinstance(features, Table):
        return features.numeric
    if isinstance(features, np.ndarray):
        return features
    raise TypeError(f"{type(features).__name__} holds no numbers")


def _columns_of(table: StoredTable | StoredTexts) -> StoredTable:
    if not isinstance(table, StoredTable):
        raise TypeError("texts have no columns")
    return table


def _table(rows: Rows) -> Table:
    if not isinstance(rows.x, Table):
        raise TypeError(f"expected a table, not {type(rows.x).__name__}")
    return rows.x


def _sorted(texts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts that occur in alphabetical order, without missing cells, and their counts."""
    kept = np.flatnonzero((counts > 0) & (texts != ""))
    order = kept[np.argsort(texts[kept])]
    return texts[order], counts[order]
