"""Random words with the frequency distribution of natural language."""

from __future__ import annotations

import numpy as np

_CELLS = 1 << 20
_SYLLABLES = [first + last for first in "bdfgklmnprstvz" for last in "aeiou"]


def zipf(words: np.ndarray) -> np.ndarray:
    """Return the probability of each word given its rank, by Zipf's law: (words,) float64."""
    weight = 1.0 / (words + 2.7)
    return weight / weight.sum()


def draw(random: np.random.Generator, words: np.ndarray, probability: np.ndarray, count: int) -> np.ndarray:
    """Return `count` words drawn with their probabilities, in steps of 2**-20: (count,) int32.

    A table that repeats each word by its probability is ten times faster than a search in the cumulative sums.
    """
    bounds = np.rint(np.cumsum(probability) * _CELLS).astype(np.int64)
    table = np.repeat(words.astype(np.int32), np.diff(bounds, prepend=0))
    return table[random.integers(0, len(table), count, dtype=np.uint32)]


def lengths(random: np.random.Generator, texts: int, mean: float, spread: float) -> np.ndarray:
    """Return the number of words in each text: log-normal, at least 8 and at most 10 times the mean: (texts,) int64."""
    drawn = random.lognormal(np.log(mean) - spread**2 / 2, spread, texts)
    return np.clip(np.rint(drawn), 8, 10 * mean).astype(np.int64)


def made_up(random: np.random.Generator, count: int) -> np.ndarray:
    """Return distinct words of three syllables: (count,) str objects."""
    size = len(_SYLLABLES)
    numbers = random.choice(size**3, count, replace=False)
    parts = [(number % size, number // size % size, number // size**2) for number in numbers.tolist()]
    return np.array([_SYLLABLES[a] + _SYLLABLES[b] + _SYLLABLES[c] for a, b, c in parts], object)
