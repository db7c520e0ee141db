"""Temperature scaling: one number that makes probabilities less extreme (above 1) or more (below 1).

The logits are divided by the temperature. The order of the probabilities of a row stays, and with it the predicted
class. Targets and predictions have the shapes described in `dlpy.scores.calibration`.

Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlpy.scores.cross_fitting import crosswise
from dlpy.scores.links import sigmoid, softmax

LOWEST, HIGHEST = 0.01, 100.0  # temperatures
_HALVINGS = 45  # of the range of log(temperature)
# Smaller probabilities are fitted as these: a single certain mistake, of a forest of trees say, must not decide alone.
_LEAST_OF_EVENTS, _LEAST_OF_CLASSES = 1e-7, 1e-12
_SMALLEST = float(np.finfo(np.float32).tiny)
_NEAREST_TO_ONE = 1 - 2.0**-25  # closer to 1 than any other float32


def scaled(prediction: np.ndarray, temperature: float, *, apart: bool) -> np.ndarray:
    """Return the probabilities at a temperature: (rows, units) float64.

    Args:
        prediction: (rows, units) probabilities.
        temperature: above 0; at 1 they stay as they are.
        apart: whether each unit is the probability of an event of its own, as for two classes and for labels.
    """
    logits = _logits(prediction.astype(np.float64), apart=apart) / temperature
    return sigmoid(logits) if apart else softmax(logits)


def calibrated(target: np.ndarray, prediction: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities at a temperature: (rows, units); the target's shape tells what the units are."""
    return scaled(prediction, temperature, apart=target.ndim > 1 or prediction.shape[1] == 1)


def cross_calibrated(target: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return the probabilities of each fifth of the rows at the temperature of the others: (rows, units)."""
    found = np.empty(prediction.shape, np.float64)
    for fit, score in crosswise(len(target)):
        temperature = fitted_temperature(target[fit], prediction[fit])
        found[score] = calibrated(target[score], prediction[score], temperature)
    return found


def fitted_temperature(target: np.ndarray, prediction: np.ndarray) -> float:
    """Return the temperature with the smallest log loss on these rows, between 0.01 and 100.

    The log loss is convex in 1 / temperature, so that bisection of its derivative finds the minimum.
    """
    apart = target.ndim > 1 or prediction.shape[1] == 1
    least, most = (_LEAST_OF_EVENTS, 1 - _LEAST_OF_EVENTS) if apart else (_LEAST_OF_CLASSES, 1)
    logits = _logits(np.clip(prediction.astype(np.float64), least, most), apart=apart)
    slope = _slope_of_events(target, logits) if apart else _slope_of_classes(target, logits)
    low, high = np.log(1 / HIGHEST), np.log(1 / LOWEST)  # of log(1 / temperature)
    if slope(np.exp(low)) >= 0:
        return HIGHEST
    if slope(np.exp(high)) <= 0:
        return LOWEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(np.exp(middle)) > 0 else (middle, high)
    return float(np.exp(-(low + high) / 2))


def _slope_of_events(target: np.ndarray, logits: np.ndarray) -> Callable[[float], float]:
    """Return the derivative of the log loss by 1 / temperature."""
    happened = target.reshape(logits.shape)
    return lambda factor: float(np.mean((sigmoid(factor * logits) - happened) * logits))


def _slope_of_classes(labels: np.ndarray, logits: np.ndarray) -> Callable[[float], float]:
    """Return the derivative of the log loss by 1 / temperature."""
    own = logits[np.arange(len(labels)), labels]
    return lambda factor: float(np.mean((softmax(factor * logits) * logits).sum(axis=1) - own))


def _logits(probability: np.ndarray, *, apart: bool) -> np.ndarray:
    if not apart:
        return np.log(np.maximum(probability, _SMALLEST))
    inside = np.clip(probability, _SMALLEST, _NEAREST_TO_ONE)
    return np.log(inside) - np.log1p(-inside)
