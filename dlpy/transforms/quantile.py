"""Numbers replaced by their rank among the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.transforms._among_quantiles import ranks_among
from dlpy.transforms._moments_of_pieces import quantiles_by_column
from dlpy.transforms._normal import normal_quantiles, normal_quantiles_in_graph
from dlpy.transforms._numbers import check_flat, numbers_of, with_numbers
from dlpy.transforms._places import places_in_graph

_LEAST = 1e-7  # probability at which the normal distribution is cut off, at -5.2; as in scikit-learn


class Quantile(Transform):
    """Maps each column to a normal or uniform distribution: each number becomes its rank among the training rows.

    Ranks are interpolated between quantiles of the training rows, and equal numbers share the mean of their ranks.
    Numbers outside the training range get the rank of its end. In a table, the numeric columns are transformed.

    Source: scikit-learn's QuantileTransformer, which differs in one point: it gives the smallest and the largest number
    the ends of the distribution however often they occur, such as -5.2 to all zeros of a column that is mostly zero.
    """

    name: Literal["quantile"] = "quantile"
    to: Literal["normal", "uniform"] = "normal"
    """Distribution of the transformed training rows: standard normal, or uniform from 0 to 1."""
    quantiles: Annotated[int, Field(ge=2, le=100_000)] = 1_000
    """Number of quantiles between which ranks are interpolated; at most the number of training rows is used."""

    def outline(self, task: Task) -> Task:
        check_flat(self.name, task.input)
        return task.with_input(replace(task.input, rescaled=True))

    def fit(self, rows: Rows, task: Task) -> State:
        ranks = np.linspace(0, 1, min(self.quantiles, len(rows)))
        return _state(ranks, np.nanquantile(np.asarray(numbers_of(rows), np.float64), ranks, axis=0))

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        ranks = np.linspace(0, 1, min(self.quantiles, len(pieces)))
        return _state(ranks, quantiles_by_column(pieces, ranks))

    def apply(self, rows: Rows, state: State) -> Rows:
        numbers = np.asarray(numbers_of(rows), np.float64)
        ranked = np.empty_like(numbers)
        for column, quantiles in enumerate(state["quantiles"].T):
            ranked[:, column] = ranks_among(numbers[:, column], quantiles, state["ranks"])
        return with_numbers(rows, ranked if self.to == "uniform" else _to_normal(ranked))

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        ends, last = state["quantiles"], len(state["ranks"]) - 1
        places = places_in_graph(numbers, ends)
        if self.to == "uniform":
            return ops.multiply(places, np.float32(1 / last))
        return normal_quantiles_in_graph(places, ops.subtract(np.float32(last), places), 1 / last, _LEAST)

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        quantiles = state["quantiles"].T.tolist()
        return {"ranks": {"quantiles": quantiles, "cut_off": _LEAST if self.to == "normal" else None}}


def _state(ranks: np.ndarray, found: np.ndarray) -> State:
    """Return the state, given the quantiles at these ranks: (ranks, columns)."""
    return {"ranks": ranks, "quantiles": np.maximum.accumulate(found, axis=0)}  # rounding may break the order


def _to_normal(ranks: np.ndarray) -> np.ndarray:
    return normal_quantiles(np.clip(ranks, _LEAST, 1 - _LEAST))
