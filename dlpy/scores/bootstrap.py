"""Bootstrap samples of scores: the same resamples of the rows for all predictions, so that differences are paired."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dlpy.scores.weighted import Weighted

RESAMPLES = 2000
_AT_ONCE = 1 << 18  # counts of rows at a time, which fit into a processor's cache


@dataclass(frozen=True)
class Scored:
    """The score of one trained model, and the unit that each of its rows belongs to.

    A unit is what is resampled: a row, or rows that are not independent of each other.

    units: (rows,) numbers from 0.
    """

    score: Weighted
    units: np.ndarray

    def of(self, counts: np.ndarray) -> np.ndarray:
        """Return the score in each of several resamples: (resamples,) of (resamples, units)."""
        return self.score.of(counts if self._is_whole else counts[:, self.units])

    def influence(self, count: int) -> np.ndarray:
        """Return the derivative of the score by the weight of each unit: (units,)."""
        slope = self.score.influence()
        return np.bincount(self.units, slope / len(slope), count)

    @cached_property
    def _is_whole(self) -> bool:
        return np.array_equal(self.units, np.arange(len(self.units)))


@dataclass(frozen=True)
class Sample:
    """A score and its values in resamples of the units.

    value: the score; NaN if it is undefined. draws: (resamples,). influence: (units,), the derivative of the score by
    the weight of each unit. size: the number of units that its precision depends on. is_share: whether the score is the
    share of rows of which something is true. is_difference: whether it is that of two scores.
    """

    value: float
    draws: np.ndarray
    influence: np.ndarray
    size: int
    is_share: bool = False
    is_difference: bool = False

    def __sub__(self, other: Sample) -> Sample:
        """Return the difference of two scores in the same resamples."""
        slope = self.influence - other.influence
        size = min(self.size, other.size)
        return Sample(self.value - other.value, self.draws - other.draws, slope, size, is_difference=True)


def sampled(models: Sequence[Scored], count: int, *, seed: int = 0, resamples: int = RESAMPLES) -> list[Sample]:
    """Return the score of each trained model in the same resamples, as many units with replacement.

    Args:
        models: each with its rows.
        count: the number of units.
        seed: of the resamples.
        resamples: their number.
    """
    everything = np.ones((1, count))
    drawn = [[model.of(counts) for model in models] for counts in _counts(count, seed, resamples)]
    found = []
    for number, model in enumerate(models):
        draws = np.concatenate([each[number] for each in drawn])
        is_share = model.score.is_share and count == len(model.units)
        size = min(count, model.score.size)
        found.append(Sample(float(model.of(everything)[0]), draws, model.influence(count), size, is_share))
    return found


def _counts(count: int, seed: int, resamples: int) -> Iterator[np.ndarray]:
    """Yield how often each unit is in some of the resamples: (some, units) float64."""
    rng, at_once = np.random.default_rng(seed), max(1, _AT_ONCE // count)
    for start in range(0, resamples, at_once):
        some = min(at_once, resamples - start)
        drawn = rng.integers(count, size=(some, count)) + count * np.arange(some)[:, None]
        yield np.bincount(drawn.reshape(-1), minlength=some * count).reshape(some, count).astype(np.float64)


def over_folds(folds: Sequence[Sample]) -> Sample:
    """Return the mean over folds, in which each counts the same; undefined if it is undefined in all of them."""
    if len(folds) == 1:
        return folds[0]
    defined = [fold for fold in folds if not math.isnan(fold.value)]
    if not defined:
        return folds[0]
    with np.errstate(invalid="ignore"):
        draws = _mean_of_defined(np.stack([fold.draws for fold in defined]))
    slope = np.mean([fold.influence for fold in defined], axis=0)
    return Sample(float(np.mean([fold.value for fold in defined])), draws, slope, sum(fold.size for fold in defined))


def over_seeds(seeds: Sequence[Sample], seed: int = 0) -> Sample:
    """Return the mean over trainings with several seeds; its draws vary by the seeds too.

    The chance of the seeds is that of the mean of a normal sample, (mean - expectation) / error of a t distribution,
    after what differences between the seeds owe to the rows is taken off.

    Args:
        seeds: of each training, in the same resamples.
        seed: of the chance of the seeds.
    """
    count = len(seeds)
    if count == 1:
        return seeds[0]
    values, slopes = np.array([one.value for one in seeds]), np.stack([one.influence for one in seeds])
    draws, slope = np.mean([one.draws for one in seeds], axis=0), slopes.mean(axis=0)
    by_rows = np.square(slopes - slope).sum() / (count - 1)
    error = math.sqrt(max(0.0, float(values.var(ddof=1)) - float(by_rows)) / count)
    chance = error * np.random.default_rng([seed, count]).standard_t(count - 1, len(draws))
    return Sample(float(values.mean()), draws + chance, slope, seeds[0].size)


def _mean_of_defined(draws: np.ndarray) -> np.ndarray:
    defined = ~np.isnan(draws)
    return np.where(defined, draws, 0).sum(axis=0) / defined.sum(axis=0)
