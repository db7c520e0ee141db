"""Bootstrap samples of scores: the same resamples of the rows for all predictions, so that differences are paired."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
        whole = self._is_whole and counts.shape[1] == len(self.units)
        return self.score.of(counts if whole else counts[:, self.units])

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
        with np.errstate(invalid="ignore"):  # r2 of alike targets is infinite in both: their difference is undefined
            draws = self.draws - other.draws
        return Sample(self.value - other.value, draws, slope, size, is_difference=True)


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


Trainings = Sequence[Sequence[Sample]]  # of each training, with another seed, the scores of its folds or its only one


def total(trainings: Trainings, seed: int = 0) -> Sample:
    """Return the mean score over seeds, and over folds; its draws vary by both.

    Args:
        trainings: in the same resamples.
        seed: of the chance of folds or seeds.
    """
    if len(trainings) == 1:
        return over_models(trainings[0], seed)
    return over_models([mean_sample(folds) for folds in trainings], seed)


def difference(one: Trainings, other: Trainings, *, same_folds: bool) -> Sample:
    """Return the difference of two mean scores; what the chance of folds does to both alike cancels.

    Args:
        one, other: in the same resamples.
        same_folds: whether both are one training each, with the same rows in each fold.
    """
    if same_folds:
        return over_models([first - second for first, second in zip(one[0], other[0], strict=True)])
    return total(one, 0) - total(other, 1)


def over_models(models: Sequence[Sample], seed: int = 0) -> Sample:
    """Return the mean over models trained with other seeds or on other folds; its draws vary by the models too.

    By how much is what remains of the variance between the models after the part that they owe to their rows, and the
    deviation of the mean in units of its standard error is that of a t distribution. That folds share training rows
    is not accounted for.

    Args:
        models: in the same resamples.
        seed: of the chance of the models.
    """
    defined = [model for model in models if not math.isnan(model.value)]
    count = len(defined)
    if len(models) == 1 or count < 2:
        return mean_sample(models)
    mean, values = mean_sample(defined), np.array([model.value for model in defined])
    by_rows = sum(float(np.square(model.influence - mean.influence).sum()) for model in defined) / (count - 1)
    error = math.sqrt(max(0.0, float(values.var(ddof=1)) - by_rows) / count)
    chance = error * np.random.default_rng([seed, count]).standard_t(count - 1, len(mean.draws))
    return replace(mean, draws=mean.draws + chance)


def mean_sample(models: Sequence[Sample]) -> Sample:
    """Return the mean over models whose score is defined; undefined if it is undefined for all."""
    defined = [model for model in models if not math.isnan(model.value)] or list(models)
    if len(defined) == 1:
        return defined[0]
    drawn = np.stack([model.draws for model in defined])
    known = ~np.isnan(drawn)
    with np.errstate(invalid="ignore"):
        draws = np.where(known, drawn, 0).sum(axis=0) / known.sum(axis=0)
    slope = np.mean([model.influence for model in defined], axis=0)
    size = min(len(slope), sum(model.size for model in defined))
    value = float(np.mean([model.value for model in defined]))
    return Sample(value, draws, slope, size, is_difference=defined[0].is_difference)
