"""Where numbers lie among quantiles.

It needs NumPy alone: it is copied beside exported networks.
"""

import numpy as np


def ranks_among(numbers: np.ndarray, quantiles: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Return the rank of each number, the mean of the first and the last where several quantiles equal it."""
    last = np.interp(numbers, quantiles, ranks)
    first = -np.interp(-numbers, -quantiles[::-1], -ranks[::-1])
    return (first + last) / 2


def shares_of_intervals(numbers: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return for each interval how much of it lies below the numbers, from 0 to 1, but beyond the outer edges on."""
    shares = (numbers[:, None] - edges[:-1]) / np.diff(edges)
    shares[:, 1:] = np.maximum(shares[:, 1:], 0)
    shares[:, :-1] = np.minimum(shares[:, :-1], 1)
    return shares
