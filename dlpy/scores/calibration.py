"""How well probabilities agree with what happens: Brier score, expected calibration error, and reliability by bin.

Predictions are (rows, units). With targets (rows,) of class numbers, a single unit is the probability of the second of
two classes, and several units are the probabilities of the classes. With targets (rows, labels) of 0 and 1, each unit
is the probability of a label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.scores.row_errors import cross_entropies, label_cross_entropies

BINS = 15
_LEAST_ROWS = 10  # in a bin: of fewer, the frequency says nothing
_DRAWS = 100
_ROUNDING = 1e-3  # by which the probabilities of a row may miss 1


@dataclass(frozen=True)
class Reliability:
    """Predicted and observed frequency by bin: arrays of shape (bins,), ordered by probability.

    count: number of rows. probability: mean predicted probability. frequency: how often the predicted event happened.
    """

    count: np.ndarray
    probability: np.ndarray
    frequency: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: the mean of |frequency - probability| over rows."""
        return float(self.count @ np.abs(self.frequency - self.probability) / self.count.sum())


def are_probabilities(target: np.ndarray, prediction: np.ndarray) -> bool:
    """Return whether predictions are finite, between 0 and 1, and, of several classes, sum to 1."""
    if not len(prediction) or not ((prediction >= 0) & (prediction <= 1)).all():  # False for NaN
        return False
    several = target.ndim == 1 and prediction.shape[1] > 1
    return not several or bool((np.abs(prediction.sum(axis=1) - 1) <= _ROUNDING).all())


def log_loss(target: np.ndarray, prediction: np.ndarray) -> float:
    """Return the mean cross-entropy in nats; of several labels, the mean over labels."""
    if target.ndim > 1:
        return float(label_cross_entropies(target, prediction).mean())
    return float(cross_entropies(target, _by_class(prediction)).mean())


def brier_score(target: np.ndarray, prediction: np.ndarray) -> float:
    """Return the Brier score: the mean squared error of the probabilities.

    Of two classes, that of the second (0 to 1); of several classes, the sum over classes (0 to 2), as in scikit-learn;
    of several labels, the mean over labels.

    Source: Brier 1950, Monthly Weather Review 78(1).
    """
    if target.ndim > 1:
        return float(np.square(prediction - target).mean())
    if prediction.shape[1] == 1:
        return float(np.square(prediction[:, 0] - target).mean())
    return float(np.square(prediction - np.eye(prediction.shape[1])[target]).sum(axis=1).mean())


def predicted_events(target: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of each predicted event and whether it happened: (events,) float64 and bool.

    Of two classes the event is that the row is of the second; of several, that it is of the most probable class; of
    several labels there is an event for each label of a row.
    """
    prediction = prediction.astype(np.float64)
    if target.ndim > 1:
        return prediction.ravel(), target.ravel() == 1
    if prediction.shape[1] == 1:
        return prediction[:, 0], target == 1
    return prediction.max(axis=1), prediction.argmax(axis=1) == target


def reliability(probability: np.ndarray, happened: np.ndarray) -> Reliability:
    """Return the reliability of events, by bins that hold equally many of them.

    There are 15 bins, or fewer so that each holds at least 10 events. Events of equal probability share a bin, so that
    the order of rows changes nothing.

    Args:
        probability: (events,).
        happened: (events,) bool.
    """
    return _by_bin(_bins(probability), probability, happened)


def calibration_error(target: np.ndarray, prediction: np.ndarray) -> float:
    """Return the expected calibration error (ECE) with bins of equally many rows, between 0 and 1.

    Source: Guo et al. 2017, arXiv:1706.04599; equal-mass bins: Nixon et al. 2019, arXiv:1904.01685.
    """
    return reliability(*predicted_events(target, prediction)).error


def calibration_error_by_chance(target: np.ndarray, prediction: np.ndarray) -> float:
    """Return the mean ECE that these probabilities would have if they were exactly right.

    With finitely many rows no ECE is 0: events are drawn 100 times from the predicted probabilities.

    Source: Broecker & Smith 2007, Weather and Forecasting 22(3).
    """
    probability, _ = predicted_events(target, prediction)
    bins, rng = _bins(probability), np.random.default_rng(0)
    draws = (_by_bin(bins, probability, rng.random(len(probability)) < probability) for _ in range(_DRAWS))
    return float(np.mean([drawn.error for drawn in draws]))


def _bins(probability: np.ndarray) -> np.ndarray:
    """Return the bin of each event: that of the middle of its rank among all, ties taken together."""
    count = max(1, min(BINS, len(probability) // _LEAST_ROWS))
    _, place, equal = np.unique(probability, return_inverse=True, return_counts=True)
    middle = np.cumsum(equal) - equal / 2
    return np.floor(count * middle / len(probability)).astype(np.int64)[place]


def _by_bin(bins: np.ndarray, probability: np.ndarray, happened: np.ndarray) -> Reliability:
    count = np.bincount(bins)
    filled = count > 0
    sums = (np.bincount(bins, weights=values)[filled] for values in (probability, happened))
    mean, frequency = (total / count[filled] for total in sums)
    return Reliability(count[filled], mean, frequency)


def _by_class(prediction: np.ndarray) -> np.ndarray:
    if prediction.shape[1] > 1:
        return prediction
    return np.concatenate([1 - prediction, prediction], axis=1)
