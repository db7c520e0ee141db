"""Generated pairs of noisy sequences of vectors that show the same pattern or different ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NOISE = 0.5  # standard deviation of each number; words are vectors with a standard deviation of 1
WRONG_LABELS = 0.02
BEST_SCORE = 0.98
_WORDS = 16


@dataclass(frozen=True)
class Pairs:
    """Pairs of sequences. left, right: (rows, steps, size) float32. same: (rows,) int64, 1 for the same pattern."""

    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


def pairs(seed: int, part: int, count: int, patterns: np.ndarray) -> Pairs:
    """Return pairs of patterns with noise, half of them of the same pattern.

    Half of the different pairs have the same words in another order. Both sides are drawn in the same way, so that they
    can be exchanged, and one of them alone tells nothing. 2% of the labels are wrong, so the best possible accuracy is
    0.98: the noise alone never hides a pattern.

    Args:
        part: number of the split; each number gives different pairs for the same seed.
        patterns: what `sentences` returns.
    """
    random = np.random.default_rng([seed, 65 + part])
    same = random.permutation(np.arange(count) % 2)
    left = random.integers(len(patterns), size=count)
    other = np.where(random.random(count) < 0.5, left ^ 1, _another(random, left, len(patterns)))
    right = np.where(same == 1, left, other)
    labels = same ^ (random.random(count) < WRONG_LABELS)
    return Pairs(_noisy(random, patterns, left), _noisy(random, patterns, right), labels)


def sentences(seed: int, count: int, steps: int, size: int) -> np.ndarray:
    """Return patterns, each a sequence of vectors of 16 words: (count, steps, size) float32.

    Patterns 0 and 1, 2 and 3, ... have the same words: the second of them starts in the middle of the first, and ends
    with the words before.
    """
    random = np.random.default_rng([seed, 67])
    vectors = random.standard_normal((_WORDS, size), np.float32)
    first = random.permuted(np.tile(np.resize(np.arange(_WORDS), steps), (count // 2, 1)), axis=1)
    both = np.stack([first, np.roll(first, steps // 2, axis=1)], axis=1)  # (pairs, 2, steps)
    return vectors[both.reshape(-1, steps)]


def _another(random: np.random.Generator, chosen: np.ndarray, count: int) -> np.ndarray:
    """Return for each pattern any of the others."""
    return (chosen + random.integers(1, count, len(chosen))) % count


def _noisy(random: np.random.Generator, patterns: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    noise = random.standard_normal((len(chosen), *patterns.shape[1:]), np.float32)
    noise *= np.float32(NOISE)
    noise += patterns[chosen]
    return noise
