"""Generated series of two sensors at a door, which see someone enter or leave."""

from __future__ import annotations

import numpy as np

from dlpy.data.whole_series import lengths_of, stacked

WAYS = ("enters", "leaves")
SENSORS = ("outer", "inner")
BEST_ACCURACY = 0.955  # of `best_guess` on 4,000 series
_SHORTEST, _LONGEST = 40, 80  # steps
_APART = np.arange(4, 9)  # steps from one sensor to the other
_PULSE = 2.2 * np.hanning(7)[1:-1]


def door(seed: int, part: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return series (rows, 80, 2) float32, NaN after the end of each, and whether someone enters or leaves: (rows,).

    Each sensor gives one pulse, in noise. Who enters passes the outer sensor first, who leaves the inner one, 4 to 8
    steps later; of a series that ends between both pulses, the second one is at its start, so that a single step, and
    the mean and spread of all steps, tell nothing. The best possible accuracy, of whoever knows all this, is 0.955
    (`best_guess`); always the same is right in 0.5.

    Args:
        part: number of the split; each number gives different rows for the same seed.
    """
    random = np.random.default_rng([seed, 93, part])
    lengths = random.integers(_SHORTEST, _LONGEST + 1, count)
    ways = random.integers(len(WAYS), size=count)
    first, apart = random.integers(lengths), random.choice(_APART, count)
    series = []
    for length, way, start, steps in zip(lengths, ways, first, apart, strict=True):
        values = random.normal(size=(length, len(SENSORS)))
        for sensor, at in enumerate((start, start + steps) if way == 0 else (start + steps, start)):
            values[(at + np.arange(len(_PULSE))) % length, sensor] += _PULSE
        series.append(values)
    return stacked(series, _LONGEST), ways.astype(np.int64)


def best_guess(rows: np.ndarray) -> np.ndarray:
    """Return the likeliest way of each series, given how it was made: (rows,)."""
    pairs = zip(rows.astype(np.float64), lengths_of(rows).tolist(), strict=True)
    return np.array([_likeliest(row[:length]) for row, length in pairs])


def _likeliest(values: np.ndarray) -> int:
    """Return the likelier way of one series (steps, sensors), by summing over all places of both pulses."""
    places = (np.arange(len(values))[:, None] + np.arange(len(_PULSE))) % len(values)
    fit = np.exp(values[places].transpose(0, 2, 1) @ _PULSE - np.square(_PULSE).sum() / 2)  # (places, sensors)
    outer, inner = fit.T
    enters = sum(outer @ np.roll(inner, -steps) for steps in _APART)
    leaves = sum(inner @ np.roll(outer, -steps) for steps in _APART)
    return int(leaves > enters)
