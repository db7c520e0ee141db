"""Bags of words: which words a sequence holds, without order or count."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.components import Transform
from dlpy.data import Input, Rows, State, Task
from dlpy.errors import ConfigError
from dlpy.features import Sequences, Sparse

_CHUNK_CELLS = 20_000_000  # bytes of working memory


class MultiHot(Transform):
    """Each sequence as a row of 0 and 1: 1 in the columns of the integers it holds. It is kept sparse."""

    name: Literal["multi_hot"] = "multi_hot"
    size: Annotated[int, Field(gt=0)] | None = None
    """Number of columns; the vocabulary's size unless given. Larger integers are left out."""

    def outline(self, task: Task) -> Task:
        if task.input.kind != "sequence":
            raise ConfigError(f"multi_hot fits sequences of integers, not {task.input}.")
        return task.with_input(Input("sparse", (self.size or task.input.vocabulary,)))

    def fit(self, rows: Rows, task: Task) -> State:
        return {"size": np.array(self.size or task.input.vocabulary or int(_sequences(rows).values.max()) + 1)}

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows.with_x(multi_hot(_sequences(rows), int(state["size"])))


def multi_hot(sequences: Sequences, size: int) -> Sparse:
    """Return which of the integers 0 to size - 1 each sequence holds."""
    columns, lengths = [], []
    step = max(1, _CHUNK_CELLS // size)
    for start in range(0, len(sequences), step):
        stop = min(start + step, len(sequences))
        splits = sequences.splits[start : stop + 1]
        values = sequences.values[splits[0] : splits[-1]]
        row = np.repeat(np.arange(stop - start), np.diff(splits))
        inside = values < size
        held = np.zeros((stop - start, size), np.bool_)
        held[row[inside], values[inside]] = True
        columns.append((np.flatnonzero(held) % size).astype(np.int32))
        lengths.append(np.count_nonzero(held, axis=1))
    splits = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return Sparse(np.concatenate(columns), splits, size)


def _sequences(rows: Rows) -> Sequences:
    if not isinstance(rows.x, Sequences):
        raise ConfigError("multi_hot fits sequences of integers.")
    return rows.x
