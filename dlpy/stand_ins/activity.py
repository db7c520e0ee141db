"""Generated series whose regime changes, such as what a wearer of a sensor is doing."""

from __future__ import annotations

import numpy as np

REGIMES = ("rest", "walk", "run", "climb")
CHANNELS = 2
STAY = 0.96  # probability that a regime goes on at the next time step
BEST_ACCURACY = 0.949  # of `best_guess` on 2,000 rows of 120 time steps
# how far a channel's next value follows the present one, and with which sign; (regimes, channels)
_FOLLOWS = np.array([[0.8, 0.8], [0.8, -0.8], [-0.8, 0.8], [-0.8, -0.8]])


def activity(seed: int, part: int, count: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return series (rows, steps, channels) float32 and the regime of each time step: (rows, steps) int32.

    A regime lasts 25 steps on average; then another follows, each as likely. A channel's value is 0.8 times the one
    before, with a sign that the regime decides, plus noise, so that it has mean 0 and variance 1 in every regime: a
    single time step tells nothing. The best possible accuracy, of whoever knows all this, is 0.949 (`best_guess`);
    always the same regime is right in about 0.25.

    Args:
        part: number of the split; each number gives different rows for the same seed.
    """
    random = np.random.default_rng([seed, 92, part])
    regimes = np.empty((count, steps), np.int32)
    values = np.empty((count, steps, CHANNELS))
    for step in range(steps):
        drawn = random.integers(len(REGIMES), size=count)
        others = (regimes[:, step - 1] + random.integers(1, len(REGIMES), count)) % len(REGIMES)
        changed = np.where(random.random(count) < STAY, regimes[:, step - 1], others)
        regimes[:, step] = drawn if step == 0 else changed
        noise = random.normal(size=(count, CHANNELS))
        follows = _FOLLOWS[regimes[:, step]]
        values[:, step] = noise if step == 0 else follows * values[:, step - 1] + np.sqrt(1 - follows**2) * noise
    return values.astype(np.float32), regimes


def best_guess(values: np.ndarray) -> np.ndarray:
    """Return the likeliest regime of each time step, given the whole series and how it was made: (rows, steps).

    These are the posterior probabilities of a hidden Markov model, by the forward and the backward recursion.
    """
    count = len(REGIMES)
    change = np.full((count, count), (1 - STAY) / (count - 1))
    np.fill_diagonal(change, STAY)
    likelihood = _likelihoods(values)  # (rows, steps, regimes)
    forward, backward = np.empty_like(likelihood), np.ones_like(likelihood)
    for step in range(values.shape[1]):
        before = np.full(count, 1 / count) if step == 0 else forward[:, step - 1] @ change
        own = before * likelihood[:, step]
        forward[:, step] = own / own.sum(axis=1, keepdims=True)
    for step in range(values.shape[1] - 2, -1, -1):
        own = (backward[:, step + 1] * likelihood[:, step + 1]) @ change.T
        backward[:, step] = own / own.sum(axis=1, keepdims=True)
    return (forward * backward).argmax(axis=2)


def _likelihoods(values: np.ndarray) -> np.ndarray:
    """Return the density of each value given the one before, for each regime: (rows, steps, regimes)."""
    before, now = values[:, :-1, None].astype(np.float64), values[:, 1:, None].astype(np.float64)
    variance = 1 - _FOLLOWS**2
    density = np.exp(-np.square(now - _FOLLOWS * before) / (2 * variance)) / np.sqrt(variance)
    first = np.ones((len(values), 1, len(REGIMES)))  # equally likely in all regimes
    return np.concatenate([first, density.prod(axis=3)], axis=1)
