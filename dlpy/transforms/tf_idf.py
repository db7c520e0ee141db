"""TF-IDF encoding of sequences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import numpy as np

from dlpy.data.features import Sparse
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.transforms._bags import Bag, counts, multi_hot


class TfIdf(Bag):
    """Encodes each sequence as a sparse row of TF-IDF weights: frequent in this row but rare in others weighs most.

    Uses the formula of the old Keras Tokenizer, with natural logarithms: (1 + log(count)) * log(1 + n / (1 + m)), where
    n is the number of training rows and m the number of training rows that contain the word.
    """

    name: Literal["tf_idf"] = "tf_idf"

    def fit(self, rows: Rows, task: Task) -> State:
        return self._weights(super().fit(rows, task), [rows], len(rows))

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        return self._weights(super().fit_in_pieces(pieces, task), pieces.blocks(), len(pieces))

    def _weights(self, state: State, blocks: Iterable[Rows], rows: int) -> State:
        size = int(state["size"])
        held = (multi_hot(self.sequences(some), size).columns for some in blocks)
        holding = np.sum([np.bincount(columns, minlength=size) for columns in held], axis=0)
        return state | {"idf": np.log(1 + rows / (1 + holding))}

    def apply(self, rows: Rows, state: State) -> Rows:
        found = counts(self.sequences(rows), int(state["size"]))
        return rows.with_x(_weighted(found, state["idf"]))


def _weighted(found: Sparse, idf: np.ndarray) -> Sparse:
    """Return counts converted to float32 weights."""
    weights = (1 + np.log(np.asarray(found.values, np.float64))) * idf[found.columns]
    return replace(found, values=weights.astype(np.float32))
