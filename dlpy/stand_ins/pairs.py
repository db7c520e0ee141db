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

    Both sides are drawn in the same way, so that they can be exchanged, and one of them alone tells nothing. 2% of the
    labels are wrong, so the best possible accuracy is 0.98: the noise alone never hides a pattern.

    Args:
        part: number of the split; each number gives different pairs for the same seed.
        patterns: what `sentences` returns.
    """
    random = np.random.default_rng([seed, 65 + part])
    same = random.permutation(np.arange(count) % 2)
    left = random.integers(len(patterns), size=count)
    right = np.where(same == 1, left, (left + random.integers(1, len(patterns), count)) % len(patterns))
    labels = same ^ (random.random(count) < WRONG_LABELS)
    return Pairs(_noisy(random, patterns, left), _noisy(random, patterns, right), labels)


def sentences(seed: int, count: int, steps: int, size: int) -> np.ndarray:
    """Return patterns, each the vectors of the same 16 words in another order: (count, steps, size) float32.

    Longer patterns repeat the words.

    Args:
        steps: at least 12, so that no two patterns are too similar.
    """
    random = np.random.default_rng([seed, 67])
    vectors = random.standard_normal((_WORDS, size), np.float32)
    return vectors[random.permuted(np.tile(np.resize(np.arange(_WORDS), steps), (count, 1)), axis=1)]


def _noisy(random: np.random.Generator, patterns: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    noise = random.standard_normal((len(chosen), *patterns.shape[1:]), np.float32)
    noise *= np.float32(NOISE)
    noise += patterns[chosen]
    return noise
