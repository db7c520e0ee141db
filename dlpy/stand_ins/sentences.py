"""Generated sentences, the stand-in for text_csv and text_folder."""

from __future__ import annotations

import itertools

import numpy as np

from dlpy.data.features import splits_of
from dlpy.stand_ins.words import draw, lengths, made_up, zipf

WORDS = 2_000
WRONG_LABELS = 0.05
_KEYWORDS = 40  # per class
_DEVOTION = 0.25
_MEAN_LENGTH = 20.0


def sentences(seed: int, count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sentences of made-up words, (count,) str objects, and their classes: (count,) int64.

    A quarter of the words are keywords of the sentence's class (40 per class), the others are drawn from 2,000 words by
    Zipf's law. 5% of the labels are redrawn at random, so the best possible accuracy is 0.95 + 0.05 / classes, or 0.975
    with two classes.
    """
    random = np.random.default_rng([seed, 7])
    labels = random.permutation(np.arange(count) % classes)
    meant = np.where(random.random(count) < WRONG_LABELS, random.integers(classes, size=count), labels)
    splits = splits_of(lengths(random, count, _MEAN_LENGTH, 0.4))
    row = np.repeat(np.arange(count), np.diff(splits))
    ranks = np.arange(WORDS)
    numbers = draw(random, ranks, zipf(ranks + 1), len(row))
    keywords = random.permutation(ranks[WORDS // 10 :])[: classes * _KEYWORDS].reshape(classes, _KEYWORDS)
    key = np.flatnonzero(random.random(len(row)) < _DEVOTION)
    numbers[key] = keywords[meant[row[key]], random.integers(_KEYWORDS, size=len(key))]
    spoken = made_up(random, WORDS)[numbers]
    texts = [" ".join(spoken[start:end]).capitalize() + "." for start, end in itertools.pairwise(splits)]
    return np.array(texts, object), labels
