"""Bags of words: how often a sequence holds each word."""

from __future__ import annotations

from typing import Literal

from dlpy.data.rows import Rows
from dlpy.data.task import State
from dlpy.transforms._bags import Bag, counts


class Counts(Bag):
    """Each sequence as a row of counts: how often it holds each integer. It is kept sparse."""

    name: Literal["counts"] = "counts"

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows.with_x(counts(self.sequences(rows), int(state["size"])))
