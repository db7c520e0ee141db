"""Minimizes a loss of a few numbers: of each number alone, or of all together by gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_NARROWINGS, _DESCENTS = 26, 60

Losses = Callable[[np.ndarray], np.ndarray]  # of each number alone


def golden_sections(losses: Losses, between: tuple[np.ndarray, np.ndarray], best: np.ndarray) -> np.ndarray:
    """Return the minimum of each number's loss between two bounds, or `best` where its loss is smaller."""
    share, (low, high) = (3 - np.sqrt(5)) / 2, between
    left, right = low + share * (high - low), high - share * (high - low)
    at_left, at_right = losses(left), losses(right)
    for _ in range(_NARROWINGS):
        lower = at_left <= at_right
        low, high = np.where(lower, low, left), np.where(lower, right, high)
        inner = np.where(lower, low + share * (high - low), high - share * (high - low))
        left, right = np.where(lower, inner, right), np.where(lower, left, inner)
        new = losses(inner)
        at_left, at_right = np.where(lower, new, at_right), np.where(lower, at_left, new)
    found = (low + high) / 2
    return np.where(losses(found) <= losses(best), found, best)


def descend(loss: Callable[[Any], Any], start: np.ndarray) -> np.ndarray:
    """Return the minimum of a smooth loss, found by the quasi-Newton method BFGS."""
    place, (value, slope) = start, _with_slope(loss, start)
    inverse = np.eye(len(start))
    for _ in range(_DESCENTS):
        step = -inverse @ slope
        if not np.isfinite(value) or np.abs(slope).max() < 1e-7:
            break
        if step @ slope >= 0:
            inverse, step = np.eye(len(start)), -slope
        new, (new_value, new_slope) = place + step, _with_slope(loss, place + step)
        while not new_value <= value + 1e-4 * (step @ slope) and np.abs(step).max() > 1e-6:
            step = step / 4
            new, (new_value, new_slope) = place + step, _with_slope(loss, place + step)
        if not new_value < value:
            break
        inverse = _learnt(inverse, new - place, new_slope - slope)
        place, value, slope = new, new_value, new_slope
    return place


def _learnt(inverse: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return the BFGS update of the inverse Hessian after a step."""
    size = step @ change
    if size <= 1e-12:
        return inverse
    turned = np.eye(len(step)) - np.outer(step, change) / size
    return turned @ inverse @ turned.T + np.outer(step, step) / size


def _with_slope(loss: Callable[[Any], Any], place: np.ndarray) -> tuple[float, np.ndarray]:
    import tensorflow as tf

    at = tf.constant(place, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = loss(at)
    slope: Any = tape.gradient(value, at)
    return float(value), np.zeros(len(place)) if slope is None else np.asarray(slope, np.float64)
