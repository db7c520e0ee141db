"""Permutation importance: how much worse a run's score is where a column is shuffled.

Source: Breiman 2001, "Random forests"; Fisher, Rudin and Dominici 2019, arXiv:1801.01489.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.data.rows import Rows
from dlpy.explain.columns import Column, assembled, whole_rows
from dlpy.explain.predictor import Numbers, Predictor
from dlpy.explain.run_scores import RunScore

Tick = Callable[[str], object]  # takes what is computed next


@dataclass(frozen=True)
class Group:
    """Columns that are shuffled together: a column, or all columns of an input."""

    name: str
    columns: tuple[int, ...]  # their positions among all columns
    is_input: bool = False


@dataclass(frozen=True)
class Importance:
    """By how much a score is worse where something is shuffled: (shuffles,)."""

    name: str
    drops: np.ndarray
    is_input: bool = False

    @property
    def mean(self) -> float:
        """The importance: the mean over the shuffles."""
        return float(self.drops.mean())

    @property
    def deviation(self) -> float:
        """The standard deviation between the shuffles (n - 1); NaN for one shuffle."""
        return float(self.drops.std(ddof=1)) if len(self.drops) > 1 else float("nan")

    def record(self) -> dict[str, Any]:
        """Return the importance for JSON."""
        kind = "input" if self.is_input else "column"
        return {"name": self.name, "kind": kind, "importance": self.mean, "deviation": self.deviation}


@dataclass(frozen=True)
class Importances:
    """The importance of everything for one score, the most important first.

    score: of the rows as they are.
    """

    of: RunScore
    score: float
    found: tuple[Importance, ...]

    @property
    def inputs(self) -> list[Importance]:
        """The importance of whole inputs, if there are several."""
        return [one for one in self.found if one.is_input]

    @property
    def columns(self) -> list[Importance]:
        """The importance of columns."""
        return [one for one in self.found if not one.is_input]

    def record(self) -> dict[str, Any]:
        """Return the importances for JSON."""
        told = {"score": self.of.name, "value": self.score, "unit": self.of.unit}
        return {**told, "importances": [one.record() for one in self.found]}


def groups_of(columns: Sequence[Column]) -> list[Group]:
    """Return each column, and each input if there are several."""
    inputs = list(dict.fromkeys(column.input for column in columns))
    found = [
        Group(column.label, (place,), is_input=False) for place, column in enumerate(columns) if column.kind != "whole"
    ]
    if len(inputs) == 1 and found:
        return found
    places = {name: tuple(n for n, column in enumerate(columns) if column.input == name) for name in inputs}
    return [Group(name, own, is_input=True) for name, own in places.items()] + found


def shuffles(rows: int, count: int, seed: int) -> np.ndarray:
    """Return orders of the rows that are used for every column alike: (count, rows)."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(rows) for _ in range(count)])


@dataclass(frozen=True)
class ShuffledColumns:
    """Raw rows, before the transforms, whose columns are shuffled in given orders, (shuffles, rows)."""

    predictor: Predictor
    raw: Rows
    columns: Sequence[Column]
    orders: np.ndarray

    def predict(self, group: Group) -> Numbers:
        """Return the predictions for all shuffles of a group, one after the other."""
        positions = np.tile(whole_rows(len(self.raw), self.columns), (len(self.orders), 1))
        positions[:, group.columns] = self.orders.reshape(-1, 1)
        return self.predictor.predict(assembled(self.raw, self.columns, positions))


def importances(
    groups: Sequence[Group],
    predict: Callable[[Group], Numbers],
    usual: Numbers,
    scores: Sequence[RunScore],
    tick: Tick,
) -> list[Importances]:
    """Return the importance of each group for each of the scores.

    Args:
        predict: returns the predictions for all shuffles of a group, one after the other.
        usual: the predictions for the rows as they are.
    """
    before = [score.of(usual) for score in scores]
    found: list[list[Importance]] = [[] for _ in scores]
    for group in groups:
        tick(f"shuffling {group.name}")
        numbers = predict(group)
        for own, score, value in zip(found, scores, before, strict=True):
            drops = [score.drop(value, score.of(one)) for one in _pieces(numbers, usual)]
            own.append(Importance(group.name, np.array(drops), group.is_input))
    return [
        Importances(score, value, tuple(sorted(own, key=lambda one: -one.mean)))
        for score, value, own in zip(scores, before, found, strict=True)
    ]


def _pieces(numbers: Numbers, usual: Numbers) -> list[Numbers]:
    """Return the predictions of each shuffle."""
    rows = len(next(iter(usual.values())))
    count = len(next(iter(numbers.values()))) // rows
    return [{name: one[n * rows : (n + 1) * rows] for name, one in numbers.items()} for n in range(count)]
