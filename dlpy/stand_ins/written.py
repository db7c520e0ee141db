"""Generated pairs of texts whose target follows from the source: dates and reversed words."""

from __future__ import annotations

import datetime
import string

import numpy as np

from dlpy.stand_ins.words import made_up

_FIRST, _DAYS = datetime.date(1950, 1, 1), 36_524  # up to 2049-12-31: two digits of a year are enough
_TEST = 6  # every sixth date is for the test rows alone
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LETTERS = np.array(list(string.ascii_lowercase))
_SHORTEST, _LONGEST = 4, 10  # letters

Pairs = tuple[np.ndarray, np.ndarray]  # sources and targets, each (count,) str objects


def dates(seed: int, part: int, count: int) -> Pairs:
    """Return dates from 1950 to 2049 in one of five written forms, and the same in ISO form.

    Such as "12 March 1987", "March 12, 1987", "12/03/1987" (the day comes first), "12.3.87" and "Thu 12 Mar 1987", all
    for "1987-03-12". Every form can be read without doubt, so the best possible score is 1.

    Args:
        part: number of the split; no date of one is in another.
    """
    random = np.random.default_rng([seed, 81 + part])
    is_test = np.random.default_rng([seed, 81]).permutation(_DAYS) % _TEST == 0
    known = np.flatnonzero(is_test == (part > 0))
    drawn = random.choice(5 * len(known), count, replace=count > 5 * len(known))
    forms, found = drawn % 5, [_FIRST + datetime.timedelta(days=day) for day in known[drawn // 5].tolist()]
    sources = [_written(day, form) for day, form in zip(found, forms.tolist(), strict=True)]
    return np.array(sources, object), np.array([day.isoformat() for day in found], object)


def _written(day: datetime.date, form: int) -> str:
    month, weekday = _MONTHS[day.month - 1], _WEEKDAYS[day.weekday()]
    return (
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day:02}/{day.month:02}/{day.year}",
        f"{day.day}.{day.month}.{day.year % 100:02}",
        f"{weekday[:3]} {day.day} {month[:3]} {day.year}",
    )[form]


def reversed_words(seed: int, part: int, count: int) -> Pairs:
    """Return made-up words of 4 to 10 letters, each letter drawn evenly, and the same words from back to front.

    The best possible score is 1.

    Args:
        part: number of the split; each number gives different words for the same seed.
    """
    random = np.random.default_rng([seed, 83 + part])
    lengths = random.integers(_SHORTEST, _LONGEST + 1, count)
    letters = _LETTERS[random.integers(len(_LETTERS), size=(count, _LONGEST))]
    words = ["".join(row[:length]) for row, length in zip(letters, lengths.tolist(), strict=True)]
    return np.array(words, object), np.array([word[::-1] for word in words], object)


def translations(seed: int, part: int, count: int) -> Pairs:
    """Return sentences of two to six made-up words, and the same word by word in another language, the last one first.

    Each of 60 words has one translation, so the best possible score is 1.

    Args:
        part: number of the split; each number gives different sentences for the same seed.
    """
    lexicon = made_up(np.random.default_rng([seed, 85]), 120).reshape(2, 60)
    random = np.random.default_rng([seed, 86 + part])
    numbers = [random.integers(60, size=length) for length in random.integers(2, 7, count).tolist()]
    sources = [" ".join(lexicon[0][row]) for row in numbers]
    return np.array(sources, object), np.array([" ".join(lexicon[1][row[::-1]]) for row in numbers], object)
