"""Word-count encoding of sequences."""

from __future__ import annotations

from typing import Literal

from dlpy.data.rows import Rows
from dlpy.data.task import State
from dlpy.transforms._bags import Bag, counts


class Counts(Bag):
    """Encodes each sequence as a sparse row with the count of each integer."""

    name: Literal["counts"] = "counts"

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows.with_x(counts(self.sequences(rows), int(state["size"])))
