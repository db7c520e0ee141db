"""Scores of rows as functions of the rows' weights: a resample of rows is a vector of counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

_STEP = 1e-5  # of the numeric derivative by the weight of a row


class Weighted(Protocol):
    """A score of rows that can be weighted."""

    @property
    def size(self) -> int:
        """The number of rows that the precision of the score depends on."""
        ...

    @property
    def is_share(self) -> bool:
        """Whether the score is the share of rows of which something is true."""
        ...

    def of(self, weights: np.ndarray) -> np.ndarray:
        """Return the score under each of several weights of the rows: (weights,) of (weights, rows); NaN: undefined."""
        ...

    def influence(self) -> np.ndarray:
        """Return the derivative of the score by the weight of each row where all are 1, times the rows: (rows,)."""
        ...


@dataclass(frozen=True)
class OfMeans:
    """A score that is a function of means over rows: accuracy, an error, F1, the coefficient of determination.

    numbers: (rows, k). combine: the score (...) of the k means (..., k). is_share: whether the score is the share of
    rows of which something is true.
    """

    numbers: np.ndarray
    combine: Callable[[np.ndarray], np.ndarray]
    is_share: bool = False

    @property
    def size(self) -> int:
        return len(self.numbers)

    def of(self, weights: np.ndarray) -> np.ndarray:
        weights = weights.astype(np.float64, copy=False)
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.combine(weights @ self.numbers / weights.sum(axis=1, keepdims=True))

    def influence(self) -> np.ndarray:
        mean = self.numbers.mean(axis=0)
        towards = _STEP * (self.numbers - mean)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (self.combine(mean + towards) - self.combine(mean - towards)) / (2 * _STEP)
        return np.nan_to_num(slope)


@dataclass(frozen=True)
class OfRanks:
    """The area under the ROC or precision-recall curve, a mean over the classes in which it is defined.

    positive: (rows, classes) bool. scores: (rows, classes), higher for rows that are more likely positive.
    """

    positive: np.ndarray
    scores: np.ndarray
    curve: Literal["ROC", "PR"] = "ROC"

    @property
    def is_share(self) -> bool:
        return False

    @property
    def size(self) -> int:
        positive = self.positive.sum(axis=0)
        least = np.minimum(positive, len(self.positive) - positive)
        return int(least[least > 0].min(initial=len(self.positive)))

    def of(self, weights: np.ndarray) -> np.ndarray:
        each = np.stack([ranked.area(weights, self.curve) for ranked in self._ranked])
        defined = ~np.isnan(each)
        with np.errstate(invalid="ignore"):
            return np.where(defined, each, 0).sum(axis=0) / defined.sum(axis=0)

    def influence(self) -> np.ndarray:
        each = np.stack([ranked.influence(self.curve) for ranked in self._ranked])
        defined = ~np.isnan(each[:, 0])
        return each[defined].mean(axis=0) if defined.any() else np.zeros(each.shape[1])

    @cached_property
    def _ranked(self) -> list[_Ranked]:
        return [_Ranked(*columns) for columns in zip(self.positive.T, self.scores.T, strict=True)]


class _Ranked:
    """The rows of a class against the others, in the order of their scores, the highest first."""

    def __init__(self, positive: np.ndarray, score: np.ndarray) -> None:
        self.order = np.argsort(-score, kind="stable")
        self.positive = positive[self.order]
        ordered = score[self.order]
        self.first = np.searchsorted(-ordered, -ordered, side="left")  # of the rows with the same score
        self.end = np.searchsorted(-ordered, -ordered, side="right")
        own, others = -ordered[self.positive], -ordered[~self.positive]
        self.end_positive = np.searchsorted(own, own, side="right")
        self.first_negative, self.end_negative = (np.searchsorted(others, own, side=side) for side in ("left", "right"))
        self.is_untied = bool((self.first_negative == self.end_negative).all())

    def area(self, weights: np.ndarray, curve: str) -> np.ndarray:
        """Return the area under each of several weights: (weights,); NaN without positive or negative weight."""
        own, others = weights[:, self.order[self.positive]], weights[:, self.order[~self.positive]]
        mistaken = _counted(others)  # of the negative rows alone: these are as few operations as it takes
        first, end = self.first_negative, self.end_negative
        found = own.sum(axis=1, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            if curve == "ROC":
                better = mistaken[:, first] if self.is_untied else 0.5 * (mistaken[:, first] + mistaken[:, end])
                area = 1 - np.einsum("ij,ij->i", own, better) / (found * mistaken[:, -1])
            else:
                said = _counted(own)[:, self.end_positive]
                area = np.where(own > 0, own * said / (said + mistaken[:, end]), 0).sum(axis=1) / found
        return np.where((found > 0) & (mistaken[:, -1] > 0), area, np.nan)

    def influence(self, curve: str) -> np.ndarray:
        """Return n times the derivative of the area by each row's weight, in the rows' own order; NaN: undefined."""
        positive, rows = self.positive, len(self.positive)
        found, mistaken = _counted(positive[None])[0], _counted(~positive[None])[0]
        both = (found[-1], mistaken[-1])
        slope = np.full(rows, np.nan)
        if min(both) > 0:
            given = (found, mistaken)
            slope[self.order] = rows * (self._by_roc(*given) if curve == "ROC" else self._by_precision(*given))
        return slope

    def _by_roc(self, found: np.ndarray, mistaken: np.ndarray) -> np.ndarray:
        beaten = mistaken[-1] - 0.5 * (mistaken[self.first] + mistaken[self.end])  # by a positive row
        above = 0.5 * (found[self.first] + found[self.end])
        share = np.where(self.positive, beaten / mistaken[-1], above / found[-1])
        area = share[self.positive].mean()
        return (share - area) / np.where(self.positive, found[-1], mistaken[-1])

    def _by_precision(self, found: np.ndarray, mistaken: np.ndarray) -> np.ndarray:
        said = found[self.end] + mistaken[self.end]
        precision = found[self.end] / said
        area = precision[self.positive].mean()
        gained = _counted((self.positive / said)[::-1][None])[0][::-1][self.first]  # over rows that rank no higher
        lost = _counted((self.positive * precision / said)[::-1][None])[0][::-1][self.first]
        return (self.positive * (precision - area + gained) - lost) / found[-1]


def _counted(weights: np.ndarray) -> np.ndarray:
    """Return the sums of the first 0, 1, ... columns: (weights, rows + 1) of (weights, rows)."""
    sums = np.cumsum(weights, axis=1, dtype=np.float64)
    return np.concatenate([np.zeros((len(sums), 1)), sums], axis=1)
