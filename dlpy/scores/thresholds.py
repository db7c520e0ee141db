"""Thresholds of a probability, above which an event is predicted, and the scores at a threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlpy.scores.class_scores import has_both, ranked_counts, ratio

USUAL = 0.5
FORMS = "f1, precision=0.95, recall=0.9, cost=fp:1,fn:5, or a number such as 0.5, which is the default"
_BELOW_ALL = math.nextafter(0, -1)  # predicts even a probability of 0


@dataclass(frozen=True)
class Criterion:
    """What a threshold is chosen for.

    name: f1 (the largest F1), precision (the highest recall with at least this precision), recall (the highest
    precision with at least this recall), cost (the smallest cost of mistakes), or fixed (the given value).
    value: the precision, the recall, or the threshold itself. costs: of a false positive and of a false negative.
    """

    name: Literal["f1", "precision", "recall", "cost", "fixed"]
    value: float = USUAL
    costs: tuple[float, float] = (1.0, 1.0)

    def __str__(self) -> str:
        if self.name == "cost":
            return "cost=fp:{:g},fn:{:g}".format(*self.costs)
        return {"f1": "f1", "fixed": f"{self.value:g}"}.get(self.name, f"{self.name}={self.value:g}")

    @classmethod
    def parse(cls, text: str) -> Criterion:
        """Return the criterion that a text such as "precision=0.95" stands for.

        Raises:
            ValueError: it stands for none; the message says what is expected.
        """
        name, _, value = text.replace(" ", "").partition("=")
        try:
            if name == "f1" and not value:
                return cls("f1")
            if name in ("precision", "recall"):
                return cls("precision" if name == "precision" else "recall", _share(value))
            return cls("cost", costs=_costs(value)) if name == "cost" else cls("fixed", _share(text))
        except ValueError:
            raise ValueError(f"expected {FORMS}") from None


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise ValueError(text)
    return value


def _costs(text: str) -> tuple[float, float]:
    given = {key: float(value) for key, _, value in (part.partition(":") for part in text.split(","))}
    if set(given) != {"fp", "fn"} or not all(0 < cost < math.inf for cost in given.values()):
        raise ValueError(text)
    return given["fp"], given["fn"]


def chosen_threshold(positive: np.ndarray, probability: np.ndarray, criterion: Criterion) -> float | None:
    """Return the threshold that is best by the criterion: the middle between two neighbouring probabilities.

    Among equally good ones it is the highest.

    Args:
        positive: (rows,) bool.
        probability: (rows,), of the event.
        criterion: what to choose for.

    Returns:
        None if no threshold reaches the precision, or without positive or without negative rows.
    """
    if criterion.name == "fixed":
        return criterion.value
    found, mistaken = ranked_counts(positive, probability)
    if not has_both(found, mistaken):
        return None
    quality = _quality(found, mistaken, criterion)
    best = int(np.argmax(quality))
    return _between(probability, best) if np.isfinite(quality[best]) else None


def _quality(found: np.ndarray, mistaken: np.ndarray, criterion: Criterion) -> np.ndarray:
    """Return how good each number of predicted rows is, of the counts of `ranked_counts`; -inf: not allowed."""
    predicted, all_positive = found + mistaken, found[-1]
    if criterion.name == "f1":
        return 2 * found / (predicted + all_positive)
    if criterion.name == "cost":
        return -(criterion.costs[0] * mistaken + criterion.costs[1] * (all_positive - found))
    precision, recall = np.nan_to_num(ratio(found, predicted), nan=-1), found / all_positive
    if criterion.name == "precision":
        return np.where(precision >= criterion.value, recall, -np.inf)
    return np.where((recall >= criterion.value) & (predicted > 0), precision, -np.inf)


def _between(probability: np.ndarray, place: int) -> float:
    """Return a threshold that exactly the `place` highest distinct probabilities exceed."""
    distinct = np.unique(probability.astype(np.float64))[::-1]
    if place == 0:
        return float(distinct[0])
    above = float(distinct[place - 1])
    if place < len(distinct):
        return (above + float(distinct[place])) / 2
    return above / 2 if above > 0 else _BELOW_ALL


def scores_at(positive: np.ndarray, said: np.ndarray, costs: tuple[float, float] | None = None) -> dict[str, float]:
    """Return accuracy, precision, recall and F1 of predicted events, NaN if undefined, and the cost per row.

    Args:
        positive, said: (rows,) bool, what happened and what is predicted.
        costs: of a false positive and of a false negative; None: no cost is returned.
    """
    right, predicted, actual = (int(np.sum(counted)) for counted in (positive & said, said, positive))
    precision, recall, f1 = ratio(
        np.array([right, right, 2 * right]), np.array([predicted, actual, predicted + actual])
    )
    scores = {
        "predicted": predicted,
        "accuracy": float(np.mean(positive == said)),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
    }
    if costs is not None:
        scores["cost"] = float(costs[0] * np.mean(said & ~positive) + costs[1] * np.mean(positive & ~said))
    return scores
