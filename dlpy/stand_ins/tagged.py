"""Generated texts on several topics at once."""

from __future__ import annotations

import itertools

import numpy as np

from dlpy.data.features import splits_of
from dlpy.stand_ins.words import draw, lengths, made_up, zipf

WORDS = 2_000
SHARES = (0.5, 0.35, 0.25, 0.2, 0.15)  # of texts on each topic
WRONG_LABELS = 0.04
BEST_SCORE = 0.96
KEYWORDS = 40  # per topic
_MENTIONS = 3  # keywords of each topic of a text
_MEAN_LENGTH = 25.0


def tagged(seed: int, part: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return texts of made-up words, (count,) str objects, and their tags: (count, 5) float32 of 0 and 1.

    A text is on any number of the five topics, none included. It has three of the 40 keywords of each of its topics,
    and none of another; its other words are drawn from 2,000 by Zipf's law. 4% of the tags are wrong, so the best
    possible accuracy is 0.96 for each tag, and 0.96 ** 5 = 0.815 for all five at once.

    Args:
        part: number of the split; each number gives different texts for the same seed.
    """
    random = np.random.default_rng([seed, 72 + part])
    topics = random.random((count, len(SHARES))) < SHARES
    tags = topics ^ (random.random(topics.shape) < WRONG_LABELS)
    vocabulary, keys = lexicon(seed)
    common = np.setdiff1d(np.arange(WORDS), keys)
    splits = splits_of(lengths(random, count, _MEAN_LENGTH, 0.4))
    neutral = draw(random, common, zipf(np.arange(1, len(common) + 1)), splits[-1])
    mentions = keys[np.arange(len(SHARES))[:, None], random.integers(KEYWORDS, size=(count, len(SHARES), _MENTIONS))]
    texts = np.empty(count, object)
    for row, (start, end) in enumerate(itertools.pairwise(splits)):
        numbers = np.concatenate([neutral[start:end], mentions[row][topics[row]].reshape(-1)])
        texts[row] = " ".join(vocabulary[random.permutation(numbers)]).capitalize() + "."
    return texts, tags.astype(np.float32)


def lexicon(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all words, (2000,) str objects, and the positions of the keywords of each topic: (topics, 40) int64."""
    random = np.random.default_rng([seed, 74])
    keys = random.permutation(np.arange(WORDS // 10, WORDS))[: len(SHARES) * KEYWORDS]
    return made_up(random, WORDS), keys.reshape(len(SHARES), KEYWORDS)
