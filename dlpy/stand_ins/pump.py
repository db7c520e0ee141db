"""A generated series of a pump's pressure, hour by hour, with planted anomalies at its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HOURS = 6_000
CLEAN = 0.7  # fraction of the hours, the first ones, without anomalies
FOLLOWS = 0.7  # how far the deviation from the daily cycle follows the one before
SPIKES, SHIFTS = 15, 5
_SPIKE, _SHIFT = 7.0, 6.0  # in standard deviations of what cannot be foreseen
_LASTING = 12  # hours of a shift
_APART = 40  # hours from the start of one anomaly to the next, at least


@dataclass(frozen=True)
class Pump:
    """The pressure, which hours are anomalies, (hours,) bool, and the error of the best forecast of each hour.

    best_errors: (hours,) the part of the pressure that the hours before do not tell: its standard deviation is 1
    without anomalies. In an anomaly's first hour it holds the whole anomaly.
    """

    pressure: np.ndarray
    is_anomaly: np.ndarray
    best_errors: np.ndarray


def pump(seed: int) -> Pump:
    """Return the pressure of 6,000 hours: a daily cycle, a deviation that follows the hour before, and anomalies.

    In the last 30 % of the hours there are 15 spikes of one hour and 5 shifts of 12 hours, all 6 to 7 standard
    deviations of the best forecast's error high or low. Flagging the errors of the best forecast at a false-alarm rate
    of 1 % finds all 20 of them (`best_errors`).
    """
    random = np.random.default_rng([seed, 95])
    noise = random.normal(size=HOURS)
    deviation = np.zeros(HOURS)
    for hour in range(1, HOURS):
        deviation[hour] = FOLLOWS * deviation[hour - 1] + noise[hour]
    cycle = 4 * np.sin(2 * np.pi * np.arange(HOURS) / 24) + 2 * np.cos(4 * np.pi * np.arange(HOURS) / 24)
    added, is_anomaly = _anomalies(random)
    best = noise + added - FOLLOWS * np.concatenate([[0], added[:-1]])
    return Pump(50 + cycle + deviation + added, is_anomaly, best)


def _anomalies(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return what the anomalies add to each hour, and which hours they are."""
    added, first = np.zeros(HOURS), int(CLEAN * HOURS) + _APART
    places = first + _APART * random.choice((HOURS - first) // _APART, SPIKES + SHIFTS, replace=False)
    for number, start in enumerate(places.tolist()):
        sign = random.choice([-1.0, 1.0])
        if number < SPIKES:
            added[start] = sign * _SPIKE
        else:
            added[start : start + _LASTING] = sign * _SHIFT
    return added, added != 0
