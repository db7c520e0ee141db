"""Partial dependence: the mean prediction as a function of one column.

Source: Friedman 2001, "Greedy function approximation"; single rows: Goldstein et al. 2015, arXiv:1309.6392.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.data.rows import Rows
from dlpy.explain.columns import Column, assembled, whole_rows
from dlpy.explain.predictor import Predictor
from dlpy.explain.quantity import Quantity

_NUMBERS = 21  # values of a numeric column, at even quantiles
_CATEGORIES = 20  # the most frequent ones


@dataclass(frozen=True)
class Dependence:
    """The mean prediction with a column set to each of several values, in all rows.

    values: (values,) of the column. curves: (rows, values) predictions. cells: (rows,) what the rows hold.
    counts: (values,) how many rows hold each value; of categories.
    """

    column: Column
    quantity: Quantity
    values: np.ndarray
    curves: np.ndarray
    cells: np.ndarray
    counts: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The partial dependence: (values,)."""
        return self.curves.mean(axis=0)

    def record(self) -> dict[str, Any]:
        """Return the curve for JSON."""
        told = {"column": self.column.label, "of": self.quantity.name, "rows": len(self.curves)}
        return {**told, "values": self.values.tolist(), "prediction": self.mean.tolist()}


def partial_dependence(
    predictor: Predictor, raw: Rows, columns: Sequence[Column], place: int, quantity: Quantity
) -> Dependence:
    """Return the partial dependence on a column; all values are predicted in one call.

    Args:
        raw: rows before the transforms.
        columns: all their columns.
        place: the position of the column among these.
    """
    cells = columns[place].cells(raw)
    donors = _donors(cells)  # rows that hold the values
    positions = np.tile(whole_rows(len(raw), columns), (len(donors), 1))
    positions[:, place] = np.repeat(donors, len(raw))
    numbers = quantity.of(predictor.predict(assembled(raw, columns, positions)))
    curves = numbers.reshape(len(donors), len(raw)).T
    values = cells[donors]
    counts = np.array([np.sum(cells == value) for value in values])
    return Dependence(columns[place], quantity, values, curves, cells, counts)


def _donors(cells: np.ndarray) -> np.ndarray:
    """Return rows with the values to try: even quantiles of numbers in ascending order, or frequent categories."""
    if cells.dtype.kind not in "fiub":
        _, first, counts = np.unique(cells, return_index=True, return_counts=True)
        return first[np.argsort(-counts, kind="stable")[:_CATEGORIES]]
    known = np.flatnonzero(~np.isnan(cells.astype(np.float64)))
    order = known[np.argsort(cells[known], kind="stable")]
    if len(order) == 0:
        return np.zeros(1, np.int64)
    chosen = order[np.linspace(0, len(order) - 1, _NUMBERS).round().astype(np.int64)]
    _, first = np.unique(cells[chosen], return_index=True)
    return chosen[first]
