"""Generated posts of writers whose hidden trait shows in their words and decides their age, income and gender."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.data.features import Sequences, splits_of
from dlpy.stand_ins.words import draw, zipf

LEVELS = 10  # of the hidden trait
LENGTHS = (200, 500)  # fewest and most words of a post
AGE_NOISE = 5.0  # years
BEST_MAE = 2.5  # AGE_NOISE / 2
OTHER_INCOME = 0.5
BEST_INCOME_ACCURACY = 0.55  # 1 - OTHER_INCOME * 9 / 10
OTHER_GENDER = 0.35
BEST_GENDER_ACCURACY = 0.65
INCOMES = 10  # brackets
DEVOTION = 0.2  # share of words that show the trait
_MOST_KEYWORDS = 60  # per level
_COMMON = 0.04  # share of the vocabulary that is never a keyword


@dataclass(frozen=True)
class Posts:
    """Posts and what is to be told of their writers.

    words: integers from 1. levels: (rows,) int64. age: (rows,) float32 years. income, gender: (rows,) int64.
    """

    words: Sequences
    levels: np.ndarray
    age: np.ndarray
    income: np.ndarray
    gender: np.ndarray


def posts(seed: int, part: int, count: int, *, vocabulary: int) -> Posts:
    """Return posts of 200 to 500 words by writers with a hidden trait of ten levels.

    A fifth of the words are keywords of the writer's level, up to 60 for each; the others are drawn from all words by
    Zipf's law. The words tell the level almost beyond doubt, and each target is a noisy sign of it:

    - age is 24 + 5 level years, plus noise uniform between -5 and 5: the best possible MAE is 2.5;
    - income is the bracket of that number; half are drawn again from all ten: the best possible accuracy is 0.55;
    - gender is 1 from level 5 up; 35% are the other one: the best possible accuracy is 0.65.

    Args:
        part: number of the split; each number gives different posts for the same seed.
        vocabulary: one more than the largest integer.
    """
    random = np.random.default_rng([seed, 62 + part])
    levels = random.integers(LEVELS, size=count)
    age = mean_age(levels) + random.uniform(-AGE_NOISE, AGE_NOISE, count)
    again = random.random(count) < OTHER_INCOME
    income = np.where(again, random.integers(INCOMES, size=count), levels)
    gender = usual_gender(levels) ^ (random.random(count) < OTHER_GENDER)
    words = _words(random, levels, keywords(seed, vocabulary), vocabulary)
    return Posts(words, levels, age.astype(np.float32), income, gender)


def mean_age(levels: np.ndarray) -> np.ndarray:
    """Return the age in years that writers of these levels have on average: (rows,) int64."""
    return 24 + 5 * levels


def usual_gender(levels: np.ndarray) -> np.ndarray:
    """Return the more frequent gender of writers of these levels: (rows,) int64."""
    return (levels >= LEVELS // 2).astype(np.int64)


def keywords(seed: int, vocabulary: int) -> np.ndarray:
    """Return the keywords of each level: (levels, keywords) int64, all distinct."""
    rare = np.arange(1 + round(_COMMON * vocabulary), vocabulary)
    size = min(_MOST_KEYWORDS, len(rare) // LEVELS)
    return np.random.default_rng([seed, 64]).permutation(rare)[: LEVELS * size].reshape(LEVELS, size)


def _words(random: np.random.Generator, levels: np.ndarray, keys: np.ndarray, vocabulary: int) -> Sequences:
    low, high = LENGTHS
    splits = splits_of(random.integers(low, high + 1, len(levels)))
    row = np.repeat(np.arange(len(levels)), np.diff(splits))
    ranks = np.arange(1, vocabulary)
    values = draw(random, ranks, zipf(ranks), len(row))
    place = np.flatnonzero(random.random(len(row), np.float32) < DEVOTION)
    values[place] = keys[levels[row[place]], random.integers(keys.shape[1], size=len(place))]
    return Sequences(values, splits)
