"""Targets computed from a score of each row, for generated rows in place of a user's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlpy.components.transform import Transform
from dlpy.data.task import Output

_MISSING = 0.1  # share of masked targets
_ORDER = ("low", "middle", "high")


def answers(rng: np.random.Generator, score: np.ndarray, output: Output) -> tuple[np.ndarray, Output]:
    """Return targets computed from a score of each row, (rows,), and their type; a tenth is missing if any may be."""
    y, output = _answers(rng, score, output)
    if output.has_missing:
        gone = rng.random(len(y)) < _MISSING
        y[gone] = np.nan if y.dtype.kind == "f" else -1
    return y, output


def _answers(rng: np.random.Generator, score: np.ndarray, output: Output) -> tuple[np.ndarray, Output]:
    units = output.units or 1
    if output.kind == "multilabel":
        own = score[:, None] + rng.normal(0, 0.1, (len(score), units))
        return (own > rng.normal(0, 0.5, units)).astype(np.float32), output
    if output.is_count:
        return rng.poisson(np.exp(score)).astype(np.float32), output
    if output.kind == "regression":  # above 0, so that they have a logarithm
        y = np.exp(score / 2)
        return (y if units == 1 else y[:, None] * np.arange(1, units + 1)).astype(np.float32), output
    default = ("a", "b") if output.kind == "binary" else _ORDER if output.kind == "ordinal" else ("a", "b", "c")
    names = output.classes or default
    made = Output(output.kind, 1 if output.kind == "binary" else len(names), names, has_missing=output.has_missing)
    return classes(score, len(names)), made


def within(numbers: np.ndarray, transforms: Sequence[Transform]) -> np.ndarray:
    """Return generated numbers, or their exponentials above the bound of a transform such as log that has one."""
    bounds = [bound for transform in transforms if (bound := transform.lower_bound()) is not None]
    return np.exp(numbers) + max(bounds) if bounds else numbers


def mixed(rng: np.random.Generator, scores: list[np.ndarray]) -> np.ndarray:
    """Return a score of each row that depends on all inputs equally: (rows,)."""
    signs = rng.choice([-1.0, 1.0], len(scores))
    return np.stack(scores, axis=1) @ signs / np.sqrt(len(scores))


def classes(score: np.ndarray, count: int) -> np.ndarray:
    """Return the class of each row by its score, all of about the same size: (rows,) int64.

    Where many rows share a score, those of one score may belong to two classes, so that none is without rows.
    """
    bounds = np.quantile(score, np.arange(1, count) / count)
    found = np.searchsorted(bounds, score).astype(np.int64)
    if len(np.unique(found)) < min(count, len(score)):
        found[np.argsort(score, kind="stable")] = np.arange(len(score)) * count // len(score)
    return found
