"""Random points of a space."""

from __future__ import annotations

import math

import numpy as np

from dlpy.experiment.dimensions import Choice, Dimension, Point, Range, active
from dlpy.experiment.ranges import Space


def random_point(space: Space, seed: int, number: int) -> Point:
    """Return the point that random search proposes for a trial; it depends on nothing else.

    Args:
        space: its dimensions are drawn in file order.
        seed: of the experiment.
        number: of the trial, from 1.
    """
    rng = np.random.default_rng([seed, number])
    point: Point = {}
    for one in active(space.dimensions, point):
        point[one.name] = _drawn(one, rng)
    return point


def _drawn(one: Dimension, rng: np.random.Generator) -> float | int:
    """Return a value of a range, or the position of a choice; all are equally probable on their scale."""
    if isinstance(one, Choice):
        return int(rng.integers(len(one.options)))
    if one.log:
        return _drawn_by_factor(one, rng)
    if one.count is not None:
        return one.at(int(rng.integers(one.count)))
    return _within(one, one.low + (one.high - one.low) * rng.random())


def _drawn_by_factor(one: Range, rng: np.random.Generator) -> float | int:
    """Return a value of a range with a log scale: 1 to 10 is as probable as 10 to 100."""
    if not one.is_whole:
        return _within(one, math.exp(rng.uniform(math.log(one.low), math.log(one.high))))
    low, high = math.log(one.low - 0.5), math.log(one.high + 0.5)  # the ends are no less probable than what is between
    return int(_within(one, round(math.exp(rng.uniform(low, high)))))


def _within(one: Range, value: float) -> float:
    """Return the value, or the end of the range that it exceeds by rounding."""
    return min(max(value, one.low), one.high)
