"""Generated posts of writers whose hidden traits decide their age, income and gender."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.data.features import Sequences, splits_of
from dlpy.stand_ins.words import draw, zipf

TRAITS = 3
LEVELS = 4  # of each trait
LENGTHS = (200, 500)  # fewest and most words of a post
AGE_NOISE = 5.0  # years
BEST_MAE = 2.5  # AGE_NOISE / 2
OTHER_INCOME = 0.25
BEST_INCOME_ACCURACY = 0.775  # 1 - OTHER_INCOME * 9 / 10
OTHER_GENDER = 0.25
BEST_GENDER_ACCURACY = 0.75
INCOMES = 10  # brackets
DEVOTION = 0.3  # share of words that show a trait
_MOST_KEYWORDS = 60  # per level of a trait
_COMMON = 0.04  # share of the vocabulary that is never a keyword


@dataclass(frozen=True)
class Posts:
    """Posts and what is to be told of their writers.

    words: integers from 1. traits: (rows, 3) int64 levels. age: (rows,) float32 years. income, gender: (rows,) int64.
    """

    words: Sequences
    traits: np.ndarray
    age: np.ndarray
    income: np.ndarray
    gender: np.ndarray


def posts(seed: int, part: int, count: int, *, vocabulary: int) -> Posts:
    """Return posts of 200 to 500 words by writers with three hidden traits of four levels each.

    30% of the words are keywords of a level of the writer's traits, up to 60 for each level; the others are drawn
    from all words by Zipf's law. The words tell the traits almost beyond doubt. With levels a, b, c from 0 to 3:

    - age is 24 + 7 a + 4 b + 2 c years, plus noise uniform between -5 and 5: the best possible MAE is 2.5;
    - income is bracket a + b + c; a quarter is drawn again from all ten: the best possible accuracy is 0.775;
    - gender is 1 where b + c - a is at least 2; a quarter is the other one: the best possible accuracy is 0.75.

    Args:
        part: number of the split; each number gives different posts for the same seed.
        vocabulary: one more than the largest integer.
    """
    random = np.random.default_rng([seed, 62 + part])
    traits = random.integers(LEVELS, size=(count, TRAITS))
    age = mean_age(traits) + random.uniform(-AGE_NOISE, AGE_NOISE, count)
    again = random.random(count) < OTHER_INCOME
    income = np.where(again, random.integers(INCOMES, size=count), usual_income(traits))
    gender = usual_gender(traits) ^ (random.random(count) < OTHER_GENDER)
    return Posts(
        _words(random, traits, keywords(seed, vocabulary), vocabulary), traits, age.astype(np.float32), income, gender
    )


def mean_age(traits: np.ndarray) -> np.ndarray:
    """Return the age in years that writers with these traits have on average: (rows,) int64."""
    return 24 + traits @ [7, 4, 2]


def usual_income(traits: np.ndarray) -> np.ndarray:
    """Return the most frequent income bracket of writers with these traits: (rows,) int64."""
    return traits.sum(axis=1)


def usual_gender(traits: np.ndarray) -> np.ndarray:
    """Return the more frequent gender of writers with these traits: (rows,) int64."""
    return (traits @ [-1, 1, 1] >= 2).astype(np.int64)


def keywords(seed: int, vocabulary: int) -> np.ndarray:
    """Return the keywords of each level of each trait: (traits, levels, keywords) int64, all distinct."""
    rare = np.arange(1 + round(_COMMON * vocabulary), vocabulary)
    size = min(_MOST_KEYWORDS, len(rare) // (TRAITS * LEVELS))
    return np.random.default_rng([seed, 64]).permutation(rare)[: TRAITS * LEVELS * size].reshape(TRAITS, LEVELS, size)


def _words(random: np.random.Generator, traits: np.ndarray, keys: np.ndarray, vocabulary: int) -> Sequences:
    low, high = LENGTHS
    splits = splits_of(random.integers(low, high + 1, len(traits)))
    row = np.repeat(np.arange(len(traits)), np.diff(splits))
    ranks = np.arange(1, vocabulary)
    values = draw(random, ranks, zipf(ranks), len(row))
    place = np.flatnonzero(random.random(len(row), np.float32) < DEVOTION)
    trait = random.integers(TRAITS, size=len(place))
    values[place] = keys[trait, traits[row[place], trait], random.integers(keys.shape[2], size=len(place))]
    return Sequences(values, splits)
