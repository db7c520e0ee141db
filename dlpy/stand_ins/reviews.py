"""Generated film reviews, the stand-in for imdb."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.data.features import Sequences, splits_of
from dlpy.stand_ins.words import draw, lengths, zipf

WORDS = 20_000
REVIEWS = 25_000
WRONG_LABELS = 0.03
BEST_SCORE = 0.951
BEST_SCORE_WITHOUT_ORDER = 0.924
NEGATIONS = np.arange(20, 24)  # as frequent as "not" and "no"
NEGATED = 0.15  # probability of a negation before an opinion word, if the preceding word is not an opinion
_NEGATED_ELSE = 0.01
_PAIRS = 1500
_STRENGTH = (0.4, 0.8)
_OPINIONS = (2.0, 8.0)
_MEAN_LENGTH = 233.0


@dataclass(frozen=True)
class Lexicon:
    """Opinion words: pairs of adjacent ranks, one positive (ranks[:, 1]) and one negative (ranks[:, 0]).

    A review uses the word of its own sentiment with probability (1 + strength) / 2.
    """

    ranks: np.ndarray  # (pairs, 2) int32
    strength: np.ndarray  # (pairs,) float32


def lexicon(seed: int) -> Lexicon:
    """Return the opinion words of the reviews for a seed."""
    random = np.random.default_rng([seed, 0])
    even = np.unique(np.exp(random.uniform(np.log(20), np.log(WORDS // 2), 4 * _PAIRS)).astype(np.int32)) * 2
    first = np.sort(random.choice(even, _PAIRS, replace=False))
    strength = np.minimum(random.beta(*_STRENGTH, _PAIRS), 0.98).astype(np.float32)
    return Lexicon(np.stack([first, first + 1], axis=1), strength)


def reviews(seed: int, limit: int | None) -> list[tuple[Sequences, np.ndarray]]:
    """Return 25,000 training and 25,000 test reviews as word ranks, with labels 0 (negative) and 1 (positive).

    They are hard in the same way as the real ones: 3,000 words carry a little information each, most hardly any;
    lengths and shares of opinion words vary; 3% of the labels are wrong; and a negation inverts the opinion word after
    it. The best possible accuracy, from the log odds of all word strengths, is 95.1%, or 92.4% without word order. A
    bag-of-words model trained on 15,000 reviews reaches about 89%.
    """
    words = lexicon(seed)
    count = REVIEWS if limit is None else min(limit, REVIEWS)
    return [_part(np.random.default_rng([seed, part]), words, count) for part in (1, 2)]


def _part(random: np.random.Generator, words: Lexicon, count: int) -> tuple[Sequences, np.ndarray]:
    labels = random.permutation(np.arange(count) % 2)
    praise = labels ^ (random.random(count) < WRONG_LABELS)
    splits = splits_of(lengths(random, count, _MEAN_LENGTH, 0.65))
    row = np.repeat(np.arange(count, dtype=np.int32), np.diff(splits))
    opinion_share = random.beta(*_OPINIONS, count).astype(np.float32)  # share of opinion words in each review
    opinion = random.random(len(row), np.float32) < opinion_share[row]
    negation = _negations(random, opinion, splits)
    values = draw(random, *_neutral(words), len(row))
    values[negation] = random.choice(NEGATIONS, np.count_nonzero(negation))
    place = np.flatnonzero(opinion)
    sentiment = praise[row[place]] ^ np.concatenate([[False], negation])[place]
    values[place] = _opinions(random, words, sentiment)
    return Sequences(values, splits), labels


def _neutral(words: Lexicon) -> tuple[np.ndarray, np.ndarray]:
    ranks = np.setdiff1d(np.arange(1, WORDS + 1), np.concatenate([words.ranks.reshape(-1), NEGATIONS]))
    return ranks, zipf(ranks)


def _negations(random: np.random.Generator, opinion: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """Return which words are negations; never an opinion word or the last word of a review."""
    before_opinion = np.append(opinion[1:], False)
    negation = random.random(len(opinion), np.float32) < np.where(before_opinion, NEGATED, _NEGATED_ELSE)
    negation &= ~opinion
    negation[splits[1:] - 1] = False
    return negation


def _opinions(random: np.random.Generator, words: Lexicon, sentiment: np.ndarray) -> np.ndarray:
    """Return one opinion word for each sentiment (True is positive)."""
    pair = draw(random, np.arange(_PAIRS), zipf(words.ranks[:, 0]), len(sentiment))
    as_meant = random.random(len(sentiment), np.float32) < (1 + words.strength[pair]) / 2
    return words.ranks[pair, (sentiment == as_meant).astype(np.int32)]
