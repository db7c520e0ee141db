"""How optimistic the best of many scores is, from the scores of resampled rows.

A score is a function of counts: how often each row is drawn, (samples, rows), gives (samples, trials).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

Scores = Callable[[np.ndarray], np.ndarray]

_BLOCK = 4_000_000  # counts that are held in memory at once


@dataclass(frozen=True)
class Selection:
    """What is to be expected of the trial with the best score.

    best: its position. score: its score on all rows. expected: its score on new rows, as estimated. interval: of that
    score, 95 %. alike: (trials,) bool, those whose true score may be the best one.
    """

    best: int
    score: float
    expected: float
    interval: tuple[float, float]
    alike: np.ndarray


def select(scores: Scores, rows: int, *, larger_is_better: bool, samples: int = 1000) -> Selection | None:
    """Return what is to be expected of the best trial; None if its score is undefined on most samples.

    Expected: for each bootstrap sample, the trial that is best on it is scored on the rows that are not in it; the mean
    over samples is the estimate. The interval is as wide as that of the best trial's own score. A trial is alike if its
    difference from the best one is within 95 % of the largest deviation of all differences from their own values, each
    in its standard errors (multiple comparisons with the best).

    Args:
        scores: of all trials; rows are drawn independently of each other.
        rows: the number of rows.
        larger_is_better: the direction of the score.
        samples: the number of bootstrap samples.

    Source: Tsamardinos, Greasidou & Borboudakis 2018, Machine Learning 107 (BBC-CV); Hsu 1984, Annals of Statistics 12.
    """
    sign = 1.0 if larger_is_better else -1.0
    full = sign * scores(np.ones((1, rows)))[0]
    inside, outside = _resampled(scores, rows, samples)
    inside, outside = sign * inside, sign * outside
    best = int(np.nanargmax(full))
    chosen = np.where(np.isnan(inside), -np.inf, inside).argmax(axis=1)
    new = outside[np.arange(len(outside)), chosen]
    known = new[np.isfinite(new)]
    if len(known) < samples / 2:
        return None
    expected = float(known.mean())
    width = 1.96 * float(np.nanstd(inside[:, best]))
    low, high = sorted(sign * edge for edge in (expected - width, expected + width))
    return Selection(best, sign * float(full[best]), sign * expected, (low, high), _alike(full, inside, best))


def _resampled(scores: Scores, rows: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores on bootstrap samples, and on the rows outside of each: (samples, trials) each."""
    found = [(scores(counts), scores((counts == 0) * 1.0)) for counts in drawn(rows, samples)]
    inside, outside = (np.concatenate(part) for part in zip(*found, strict=True))
    return inside, outside


def drawn(rows: int, samples: int) -> Iterator[np.ndarray]:
    """Yield how often each row is in each bootstrap sample, (samples, rows) float64, in blocks; always the same."""
    rng = np.random.default_rng(0)
    block = max(1, min(samples, _BLOCK // rows))
    for start in range(0, samples, block):
        count = min(block, samples - start)
        yield np.stack([np.bincount(rng.integers(rows, size=rows), minlength=rows) for _ in range(count)]) * 1.0


def _alike(full: np.ndarray, inside: np.ndarray, best: int) -> np.ndarray:
    """Return which trials cannot be distinguished from the best one: (trials,) bool. Larger scores are better."""
    behind, differences = full[best] - full, inside[:, [best]] - inside
    error = np.nanstd(differences, axis=0)
    varies = error > 1e-12
    if not varies.any():
        return behind <= 0
    scaled = (differences[:, varies] - behind[varies]) / error[varies]
    largest = np.nanquantile(np.nanmax(scaled, axis=1), 0.95)
    return np.where(varies, behind <= largest * error, behind <= 0)


def fold_optimism(scores: np.ndarray, *, larger_is_better: bool) -> float:
    """Return how much better the best mean over folds is than is to be expected of that trial; never negative.

    It is the mean over the folds of how much better the best trial of that fold scores in it than the trial that is
    best overall.

    Args:
        scores: (folds, trials).
        larger_is_better: the direction of the score.

    Source: Tibshirani & Tibshirani 2009, Annals of Applied Statistics 3.
    """
    oriented = scores if larger_is_better else -scores
    best = int(oriented.mean(axis=0).argmax())
    return float((oriented.max(axis=1) - oriented[:, best]).mean())
