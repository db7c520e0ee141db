"""Orders of rows that keep groups together and spread classes evenly, for splits."""

from __future__ import annotations

import numpy as np

from dlpy.data.rows import Rows


def ranks_of(order: np.ndarray) -> np.ndarray:
    """Return the rank of each row in an order."""
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def whole_groups(groups: np.ndarray, ranks: np.ndarray, folds: int) -> np.ndarray:
    """Return the fold of each row, groups kept together: largest groups first, each into the smallest fold so far."""
    names, numbers, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    first = np.full(len(names), len(groups))
    np.minimum.at(first, numbers, ranks)
    filled, fold_of = np.zeros(folds, np.int64), np.empty(len(names), np.int64)
    for group in np.lexsort([first, -sizes]):
        fold_of[group] = np.argmin(filled)
        filled[fold_of[group]] += sizes[group]
    return fold_of[numbers]


def random_ranks(rows: Rows, labels: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Return the rank of each row in a random order that keeps groups together and spreads classes evenly."""
    shuffled = rng.permutation(len(rows))
    if "group" in rows.columns:
        _, numbers = np.unique(rows.columns["group"], return_inverse=True)
        shuffled = np.lexsort([shuffled, rng.permutation(numbers.max() + 1)[numbers]])
    elif labels is not None:
        shuffled = _interleave(labels, shuffled)
    return ranks_of(shuffled)


def _interleave(labels: np.ndarray, shuffled: np.ndarray) -> np.ndarray:
    """Return the rows in an order that spreads each class evenly."""
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = shuffled[labels[shuffled] == label]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return shuffled[np.argsort(place[shuffled], kind="stable")]
