"""The places of numbers among ascending ones, by operations of Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.transforms._numbers import known_in_graph

_NO_WIDTH = 1e-30  # of equal numbers at an end, beyond which all places are that of the end


def places_in_graph(numbers: Any, ends: np.ndarray) -> Any:
    """Return the places of numbers among the ascending ones of their column, and between two of them a fraction.

    A number that equals several has the place in the middle of these. Outside it is that of the nearest end. NaN stays.

    Args:
        numbers: (batch, columns) float32.
        ends: (count, columns), at least two in a column.
    """
    from keras import ops

    count, table = len(ends), np.concatenate([_told_apart(column) for column in ends.T])
    starts = np.arange(ends.shape[1], dtype=np.int32) * count  # of each column in the table
    below = _counted(numbers, table, starts, count, ops.less)
    upto = _counted(numbers, table, starts, count, ops.less_equal)
    low = ops.minimum(ops.maximum(ops.subtract(below, 1), 0), count - 2)
    share = _share(numbers, ends, ops.add(low, starts))
    middle = ops.multiply(ops.cast(ops.subtract(ops.add(below, upto), 1), "float32"), 0.5)
    between = ops.add(ops.cast(low, "float32"), share)
    places = ops.where(ops.greater(upto, below), middle, between)
    return ops.where(known_in_graph(numbers), places, np.float32(np.nan))


def _told_apart(ends: np.ndarray) -> np.ndarray:
    """Return ascending numbers as float32 in which different ones differ, and the most frequent ones are exact.

    Quantiles of equal numbers are equal but for rounding, which decides how many of them a number equals.
    """
    numbers, counts = np.unique(ends, return_counts=True)
    near = numbers.astype(np.float32)
    for number in np.unique(near[1:][np.diff(near) == 0]):
        same = np.flatnonzero(near == number)
        usual = same[counts[same].argmax()]
        near[same[same < usual]] = np.nextafter(number, np.float32(-np.inf))
        near[same[same > usual]] = np.nextafter(number, np.float32(np.inf))
    return np.maximum.accumulate(np.repeat(near, counts))


def _counted(numbers: Any, table: np.ndarray, starts: np.ndarray, count: int, is_before: Any) -> Any:
    """Return how many numbers of the table lie before each number, found by halving: (batch, columns) int32."""
    from keras import ops

    found = ops.cast(ops.zeros_like(numbers), "int32")
    step = 1 << (count.bit_length() - 1)
    while step:
        tried = ops.add(found, step)
        place = ops.add(ops.minimum(ops.subtract(tried, 1), count - 1), starts)
        fits = ops.logical_and(ops.less_equal(tried, count), is_before(ops.take(table, place), numbers))
        found = ops.where(fits, tried, found)
        step //= 2
    return found


def _share(numbers: Any, ends: np.ndarray, place: Any) -> Any:
    """Return where numbers lie between those at a place of the table and the next, from 0 to 1."""
    from keras import ops

    width = np.diff(ends, axis=0, append=ends[-1:])
    inverse = (1 / np.where(width > 0, width, _NO_WIDTH)).T.reshape(-1).astype(np.float32)
    flat = ends.T.reshape(-1)
    high = flat.astype(np.float32)
    low = (flat - high).astype(np.float32)
    moved = ops.subtract(ops.subtract(numbers, ops.take(high, place)), ops.take(low, place))
    return ops.clip(ops.multiply(moved, ops.take(inverse, place)), 0.0, 1.0)
