"""Pairs of columns that depend on each other: their importances cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from dlpy.data.rows import Rows
from dlpy.explain.columns import Column
from dlpy.scores.row_errors import rank_correlation, ranks

STRONG = 0.7
_MOST_COLUMNS = 100
_MOST_ROWS = 2_000
_FEWEST_ROWS = 20


@dataclass(frozen=True)
class Related:
    """Two columns and the strength of their association, from -1 to 1."""

    first: str
    second: str
    strength: float

    def __str__(self) -> str:
        return f"{self.first} and {self.second} ({self.strength:.2f})"

    def record(self) -> dict[str, Any]:
        """Return the pair for JSON."""
        return {"columns": [self.first, self.second], "strength": self.strength}


def related(rows: Rows, columns: Sequence[Column]) -> list[Related]:
    """Return the pairs of strongly associated columns, the strongest first.

    Numbers by Spearman's rank correlation, categories by Cramer's V, a number and a category by the square root of
    the variance of ranks that the category explains.
    """
    rows = rows.take(np.arange(min(len(rows), _MOST_ROWS)))
    usable = [column for column in columns if column.kind != "whole"][:_MOST_COLUMNS]
    cells = {column.label: column.cells(rows) for column in usable}
    pairs = (Related(one, other, _strength(cells[one], cells[other])) for one, other in combinations(cells, 2))
    found = [pair for pair in pairs if abs(pair.strength) >= STRONG]
    return sorted(found, key=lambda pair: -abs(pair.strength))


def _strength(first: np.ndarray, second: np.ndarray) -> float:
    """Return the association of two columns; 0 if too few rows have both."""
    known = ~(_missing(first) | _missing(second))
    first, second = first[known], second[known]
    if len(first) < _FEWEST_ROWS:
        return 0.0
    texts = [cells.dtype.kind not in "fiub" for cells in (first, second)]
    if all(texts):
        return _cramers_v(first, second)
    if any(texts):
        return _explained(second, first) if texts[0] else _explained(first, second)
    found = rank_correlation(first, second)
    return 0.0 if np.isnan(found) else found


def _missing(cells: np.ndarray) -> np.ndarray:
    return np.isnan(cells.astype(np.float64)) if cells.dtype.kind in "fiub" else cells == ""


def _cramers_v(first: np.ndarray, second: np.ndarray) -> float:
    (names, one), (others, other) = (np.unique(cells, return_inverse=True) for cells in (first, second))
    if len(names) * len(others) * 5 > len(first) or min(len(names), len(others)) < 2:  # too few rows in each cell
        return 0.0
    table = np.zeros((len(names), len(others)))
    np.add.at(table, (one, other), 1)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(first)
    squares = float((np.square(table - expected) / expected).sum())
    return float(np.sqrt(squares / len(first) / (min(table.shape) - 1)))


def _explained(numbers: np.ndarray, names: np.ndarray) -> float:
    """Return the correlation ratio of ranks and categories; 0 if there are few rows to a category."""
    own = ranks(numbers)
    own = own - own.mean()
    known, group = np.unique(names, return_inverse=True)
    if len(known) * 5 > len(names) or len(known) < 2 or np.ptp(numbers) == 0:
        return 0.0
    counts = np.bincount(group)
    means = np.bincount(group, own) / counts
    return float(np.sqrt((counts * np.square(means)).sum() / np.square(own).sum()))
