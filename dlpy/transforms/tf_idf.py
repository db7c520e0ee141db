"""Bags of words in which rare words count more."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from dlpy.data.features import Sparse
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.transforms._bags import Bag, counts, multi_hot


class TfIdf(Bag):
    """Each sequence as a row of weights: words count more the more often it holds them and the fewer others do.

    As the old Keras Tokenizer has it, with natural logarithms: (1 + log(count)) * log(1 + n / (1 + m)), where n is the
    number of training rows and m the number of those that hold the word. It is kept sparse.
    """

    name: Literal["tf_idf"] = "tf_idf"

    def fit(self, rows: Rows, task: Task) -> State:
        state = super().fit(rows, task)
        size = int(state["size"])
        holding = np.bincount(multi_hot(self.sequences(rows), size).columns, minlength=size)
        return state | {"idf": np.log(1 + len(rows) / (1 + holding))}

    def apply(self, rows: Rows, state: State) -> Rows:
        found = counts(self.sequences(rows), int(state["size"]))
        return rows.with_x(_weighted(found, state["idf"]))


def _weighted(found: Sparse, idf: np.ndarray) -> Sparse:
    """Return counts as weights: float32."""
    weights = (1 + np.log(np.asarray(found.values, np.float64))) * idf[found.columns]
    return replace(found, values=weights.astype(np.float32))
