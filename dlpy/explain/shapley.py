"""Shapley values of one row's columns, by sampling of permutations.

A column's value is its mean effect on the prediction when the columns of a background row are replaced one after the
other by those of the explained row, in random order. Each order is also used reversed (antithetic), which makes the
standard error smaller. The values of each order sum to the difference of the two predictions; with every background
row used equally often, all values sum to the prediction minus the mean prediction.

Sources: Strumbelj & Kononenko 2014, "Explaining prediction models and individual predictions with feature
contributions"; Mitchell et al. 2022, arXiv:2104.12199 (antithetic sampling).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_AT_A_TIME = 100_000  # rows predicted in a call

# Takes the row of the pool that each cell comes from, (rows, columns), and returns the explained numbers, (rows,).
Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Contributions:
    """What each column contributes to one prediction: (columns,), with its standard error.

    prediction: of the row. mean: of the background rows.
    """

    values: np.ndarray
    errors: np.ndarray
    prediction: float
    mean: float


def shapley(predict: Predict, background: int, columns: int, pairs: int, seed: int) -> Contributions:
    """Return the Shapley values of the columns of the last row of a pool; the others are the background.

    Args:
        background: the number of background rows.
        columns: the number of columns.
        pairs: the least number of permutations, each used in both directions; every background row gets as many.
        seed: of the permutations.
    """
    rng = np.random.default_rng(seed)
    starts = np.tile(np.arange(background), max(1, -(-pairs // background)))
    orders = np.stack([rng.permutation(columns) for _ in starts])
    ends = predict(np.repeat(np.arange(background + 1)[:, None], columns, axis=1))
    known = np.stack([ends[starts], np.full(len(starts), ends[-1])], axis=1)
    size = max(1, _AT_A_TIME // max(1, 2 * (columns - 1)))
    pieces = [slice(start, start + size) for start in range(0, len(starts), size)]
    effects = np.concatenate([_effects(predict, starts[piece], orders[piece], known[piece]) for piece in pieces])
    spread = effects.std(axis=0, ddof=1) if len(effects) > 1 else np.full(columns, np.nan)
    errors = spread / np.sqrt(len(effects))
    return Contributions(effects.mean(axis=0), errors, float(ends[-1]), float(ends[:-1].mean()))


def _effects(predict: Predict, starts: np.ndarray, orders: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the effect of each column in each permutation, the mean of both directions: (permutations, columns).

    Args:
        starts: (permutations,) the background rows.
        orders: (permutations, columns).
        known: (permutations, 2), the predictions for the background row and for the explained row.
    """
    count, columns = orders.shape
    ranks = np.argsort(np.stack([orders, orders[:, ::-1]], axis=1), axis=2)  # when each column is replaced
    replaced = ranks[:, :, None, :] <= np.arange(columns - 1)[:, None]  # (permutations, 2, columns - 1, columns)
    positions = np.where(replaced, -1, starts[:, None, None, None]).reshape(-1, columns)  # -1: the explained row
    between = predict(positions) if columns > 1 else np.empty(0)
    first, last = (np.broadcast_to(known[:, None, side : side + 1], (count, 2, 1)) for side in (0, 1))
    paths = np.concatenate([first, between.reshape(count, 2, columns - 1), last], axis=2)
    steps = np.diff(paths, axis=2)  # the effect of the column that is replaced first, second, ...
    return np.take_along_axis(steps, ranks, axis=2).mean(axis=1)
