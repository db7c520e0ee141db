"""Multi-hot encoding of sequences."""

from __future__ import annotations

from typing import Literal

from dlpy.data.rows import Rows
from dlpy.data.task import State
from dlpy.transforms._bags import Bag, multi_hot


class MultiHot(Bag):
    """Encodes each sequence as a sparse row of 0 and 1, with 1 in the columns of its integers."""

    name: Literal["multi_hot"] = "multi_hot"

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows.with_x(multi_hot(self.sequences(rows), int(state["size"])))
