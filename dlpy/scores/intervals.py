"""Confidence intervals and p-values from bootstrap samples, and tests of paired predictions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlpy.scores.bootstrap import Sample
from dlpy.scores.distributions import NORMAL, sign_test, t_below, t_quantile

LEVEL = 0.95
_FEWEST_DRAWS = 100  # with a defined score, below which an interval would be made up
_TINY = 1e-10
_EXACT = 1000  # rows that only one of two runs has right, up to which McNemar's test is exact


@dataclass(frozen=True)
class Interval:
    """A score or a difference with the ends of its interval, NaN where they are undefined."""

    value: float
    low: float = math.nan
    high: float = math.nan


def interval_of(sample: Sample, level: float = LEVEL) -> Interval:
    """Return the BCa bootstrap interval of a score: percentiles corrected for bias and skewness.

    It is widened to the quantiles of t, without which intervals of few rows are too short. Where all rows are alike,
    the interval of a share is exact (Clopper & Pearson), and that of other scores is undefined.

    Sources: Efron 1987, Better bootstrap confidence intervals; Hesterberg 2015, What teachers should know about the
    bootstrap, arXiv:1411.5279, 4.3 (the widening).
    """
    curve = _Curve.of(sample)
    if curve is None:
        return _of_equal_rows(sample, level)
    reach = t_quantile((1 + level) / 2, sample.size - 1) * _widening(sample)
    low, high = (float(np.quantile(curve.draws, curve.share(z))) for z in (-reach, reach))
    return Interval(sample.value, low, high)


def p_value(sample: Sample) -> float:
    """Return the two-sided p-value of a difference being 0: 1 - the level of the interval that just reaches 0.

    It is 1 where the two are the same in every row, and NaN where the difference is undefined. Beyond all draws it is
    that of a t distribution, and it is at least that of the sign test if all of the units that differ agree: resamples
    of five rows, of which one run has all right, never say that the other may be the better one.
    """
    curve = _Curve.of(sample)
    if curve is None:
        return 1.0 if _of_equal_rows(sample, LEVEL).low == 0 else math.nan
    below = (np.sum(curve.draws < 0) + 0.5 * np.sum(curve.draws == 0)) / len(curve.draws)
    is_beyond = below in (0, 1)
    reach = abs(sample.value) / float(curve.draws.std()) if is_beyond else abs(curve.reach(float(below)))
    differing = int(np.sum(np.abs(sample.influence - np.median(sample.influence)) > _TINY))
    return max(2 * t_below(-reach / _widening(sample), sample.size - 1), 2.0 ** (1 - differing))


@dataclass(frozen=True)
class _Curve:
    """The map of BCa from normal quantiles to shares of the sorted draws.

    bias: the normal quantile of the share of draws below the score. acceleration: of the skewness of the influence.
    """

    draws: np.ndarray
    bias: float
    acceleration: float

    @classmethod
    def of(cls, sample: Sample) -> _Curve | None:
        """Return the curve of a sample, or None if its draws do not vary or too few are defined."""
        draws = np.sort(sample.draws[np.isfinite(sample.draws)])
        if math.isnan(sample.value) or len(draws) < _FEWEST_DRAWS or sample.size < 2:
            return None
        if draws[-1] - draws[0] <= 1e-12 * max(1.0, abs(sample.value)):
            return None
        below = (np.sum(draws < sample.value) + 0.5 * np.sum(draws == sample.value)) / len(draws)
        squares, cubes = (float(np.sum(sample.influence**power)) for power in (2, 3))
        acceleration = cubes / (6 * squares**1.5) if squares > 0 else 0.0
        return cls(draws, NORMAL.inv_cdf(_inside(float(below), len(draws))), acceleration)

    def share(self, reach: float) -> float:
        """Return the share of draws below the end of the interval at a normal quantile."""
        at = self.bias + reach
        return NORMAL.cdf(self.bias + at / max(1e-6, 1 - self.acceleration * at))

    def reach(self, share: float) -> float:
        """Return the normal quantile at which the interval ends with a share of the draws below: `share` inverted."""
        at = NORMAL.inv_cdf(_inside(share, len(self.draws))) - self.bias
        return at / max(1e-6, 1 + self.acceleration * at) - self.bias


def _inside(share: float, draws: int) -> float:
    return min(max(share, 0.5 / draws), 1 - 0.5 / draws)


def _widening(sample: Sample) -> float:
    return math.sqrt(sample.size / (sample.size - 1))


def _of_equal_rows(sample: Sample, level: float) -> Interval:
    """Return the interval of a score whose draws do not vary: known for shares of 0 and 1, and equal predictions."""
    if sample.is_difference and abs(sample.value) < _TINY and np.all(np.abs(sample.influence) < _TINY):
        return Interval(0.0, 0.0, 0.0)
    if not sample.is_share or sample.value not in (0.0, 1.0):
        return Interval(sample.value)
    reach = 1 - ((1 - level) / 2) ** (1 / sample.size)
    return Interval(sample.value, 0.0, reach) if sample.value == 0 else Interval(sample.value, 1 - reach, 1.0)


def mcnemar(first_right: np.ndarray, second_right: np.ndarray) -> tuple[int, int, float]:
    """Return the numbers of rows that only the first and only the second has right, and the two-sided p-value.

    The test is exact for up to 1,000 such rows, and else the normal approximation with continuity correction.

    Source: McNemar 1947, Note on the sampling error of the difference between correlated proportions.
    """
    first, second = int(np.sum(first_right & ~second_right)), int(np.sum(second_right & ~first_right))
    if first + second <= _EXACT:
        return first, second, sign_test(first, second)
    reach = max(0, abs(first - second) - 1) / math.sqrt(first + second)
    return first, second, 2 * NORMAL.cdf(-reach)


def difference_of_shares(first_right: np.ndarray, second_right: np.ndarray, level: float = LEVEL) -> Interval:
    """Return how much more of the rows the second has right than the first, with the interval of Bonett and Price.

    It holds the level where few rows differ, which bootstrap intervals do not.

    Source: Bonett & Price 2012, Adjusted Wald confidence interval for a difference of binomial proportions based on
    paired data.
    """
    rows, first, second = len(first_right), *mcnemar(first_right, second_right)[:2]
    one, other = (first + 1) / (rows + 2), (second + 1) / (rows + 2)
    error = math.sqrt((one + other - (other - one) ** 2) / (rows + 2))
    reach = NORMAL.inv_cdf((1 + level) / 2) * error
    return Interval((second - first) / rows, max(-1.0, other - one - reach), min(1.0, other - one + reach))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number, so that one below 0.05 by chance alone is found in 5 % at most.

    NaN are left as they are and do not count.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    corrected, largest = list(p_values), 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        corrected[place] = largest
    return corrected


def corrected_resampled_t(scores: np.ndarray, held_out: float, level: float = LEVEL) -> Interval:
    """Return the interval of the mean score of models trained on overlapping rows, such as those of k folds.

    Args:
        scores: (models,), one per fold.
        held_out: rows scored by a model, relative to those that it was trained on: 1 / (k - 1) for k folds.
        level: of the interval.

    Source: Nadeau & Bengio 2003, Inference for the generalization error.
    """
    scores = scores[np.isfinite(scores)]
    if len(scores) < 2:
        return Interval(float(scores.mean()) if len(scores) else math.nan)
    error = math.sqrt((1 / len(scores) + held_out) * float(scores.var(ddof=1)))
    reach = t_quantile((1 + level) / 2, len(scores) - 1) * error
    return Interval(float(scores.mean()), float(scores.mean()) - reach, float(scores.mean()) + reach)
