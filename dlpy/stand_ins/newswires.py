"""Generated newswires, the stand-in for reuters."""

from __future__ import annotations

import numpy as np

from dlpy.data.features import Sequences, splits_of
from dlpy.stand_ins.words import draw, lengths, zipf

WORDS = 20_000
NEWSWIRES = 11_228
WRONG_LABELS = 0.1
BEST_SCORE = 0.895
TOPICS = 46
_KEYWORDS = 40  # per topic
_DEVOTION = (2.0, 7.0)  # parameters of the beta distribution of the keyword share of a newswire
_MEAN_LENGTH = 145.0

# Approximate class sizes of the real topics; 'earn' (3) and 'acq' (4) are by far the largest.
_SHARES = np.array(
    [
        67, 537, 94, 3972, 2423, 22, 62, 19, 177, 154, 153, 473, 62, 237, 24, 31, 571, 55, 86, 750, 339, 127, 17, 63,
        90, 117, 37, 40, 22, 29, 59, 52, 40, 19, 61, 21, 46, 26, 22, 32, 24, 18, 20, 16, 19, 15,
    ]
)  # fmt: skip


def newswires(seed: int, limit: int | None) -> tuple[Sequences, np.ndarray]:
    """Return 11,228 newswires as word ranks, with labels 0 to 45; with a `limit`, twice that many.

    With a probability drawn for each newswire (beta distribution, 22% on average), a word is one of the 40 keywords of
    its topic, half of which are shared with another topic, and otherwise any word. 10% of the labels are redrawn at
    random (18% of these are right again), so the best possible accuracy is about 0.9: 0.895 with all probabilities
    known.
    """
    random = np.random.default_rng([seed, 3])
    labels = _labels(random, NEWSWIRES if limit is None else min(2 * limit, NEWSWIRES), limit is not None)
    topic = np.where(random.random(len(labels)) < WRONG_LABELS, random.permutation(labels), labels)
    splits = splits_of(lengths(random, len(labels), _MEAN_LENGTH, 0.8))
    row = np.repeat(np.arange(len(labels), dtype=np.int32), np.diff(splits))
    ranks = np.arange(1, WORDS + 1)
    values = draw(random, ranks, zipf(ranks), len(row))
    devoted = random.beta(*_DEVOTION, len(labels))
    place = np.flatnonzero(random.random(len(row)) < devoted[row])
    values[place] = keywords(seed)[topic[row[place]], _keyword_numbers(random, len(place))]
    return Sequences(values, splits), labels


def _labels(random: np.random.Generator, count: int, few: bool) -> np.ndarray:
    """Return labels in random order; with few rows, every second label cycles through the topics so none is missing."""
    if not few:
        exact = np.floor(np.cumsum(_SHARES) / _SHARES.sum() * count + 0.5).astype(np.int64)
        return random.permutation(np.repeat(np.arange(TOPICS), np.diff(exact, prepend=0)))
    labels = random.choice(TOPICS, count, p=_SHARES / _SHARES.sum())
    labels[1::2] = np.arange(len(labels[1::2])) % TOPICS
    return labels


def keywords(seed: int) -> np.ndarray:
    """Return the keywords of each topic, most frequent first: (topics, 40) int32; half are shared with another."""
    random = np.random.default_rng([seed, 4])
    own = np.exp(random.uniform(np.log(50), np.log(9_000), (TOPICS, _KEYWORDS))).astype(np.int32)
    shared = random.random((TOPICS, _KEYWORDS)) < 0.5
    return np.where(shared, own[random.permutation(TOPICS)], own)


def topic_words(seed: int, devotion: float) -> np.ndarray:
    """Return the word probabilities of each topic for newswires with this keyword share: (topics, 1 + words)."""
    ranks = np.arange(1, WORDS + 1)
    often = np.tile(np.append(1e-12, (1 - devotion) * zipf(ranks)), (TOPICS, 1))
    np.add.at(often, (np.arange(TOPICS)[:, np.newaxis], keywords(seed)), devotion * zipf(np.arange(1, _KEYWORDS + 1)))
    return often


def _keyword_numbers(random: np.random.Generator, count: int) -> np.ndarray:
    numbers = np.arange(_KEYWORDS)
    return draw(random, numbers, zipf(numbers + 1), count)
