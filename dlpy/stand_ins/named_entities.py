"""Generated sentences with names of three kinds, which show in the words beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.stand_ins.words import made_up, zipf

KINDS = ("LOC", "ORG", "PER")
TAGS = ("O", *(f"{place}-{kind}" for kind in KINDS for place in "BI"))
OTHER_KIND = 0.02
BEST_F1 = 0.98  # 1 - OTHER_KIND
_WORDS, _SIGNS, _NAMES, _SECOND = 600, 6, 300, 150  # ordinary words; signs of each kind; first and second names
_USUAL = 0.75  # share of a name's uses that are of its usual kind
_TWO_WORDS = 0.4
_MOST_ENTITIES, _MOST_BETWEEN = 3, 4


@dataclass(frozen=True)
class Tagged:
    """Sentences, words between spaces: (rows,) str objects; and the tag of each word: (rows, steps) int32, -1 after."""

    texts: np.ndarray
    tags: np.ndarray


def sentences_with_names(seed: int, part: int, count: int) -> Tagged:
    """Return sentences of made-up words with 1 to 3 names each, and the tags of the words as numbers of TAGS.

    A name is one word, or in 40% two, of someone (PER), a place (LOC) or an organization (ORG): as a word right before
    it says in half of the cases, and one right behind it in the others. There are six such signs of each kind. The same
    names are used for all kinds: in 75% of its uses, a name is of its usual kind, so that a tagger that
    remembers the commonest tag of each word has an F1 score of names of about 0.62. In 2% of the names the sign is
    of another kind than the tags: the best possible F1 score is 0.98.

    Args:
        part: number of the split; each number gives different sentences of the same words.
    """
    language = _Language.of(seed)
    random = np.random.default_rng([seed, 91, part])
    made = [_sentence(random, language) for _ in range(count)]
    tags = np.full((count, max(len(own) for _, own in made)), -1, np.int32)
    texts = np.empty(count, object)
    for row, (words, own) in enumerate(made):
        texts[row], tags[row, : len(own)] = " ".join(words), own
    return Tagged(texts, tags)


@dataclass(frozen=True)
class _Language:
    """The words that all parts share: those of each kind are (kinds, words)."""

    words: np.ndarray
    signs: np.ndarray
    first: np.ndarray
    second: np.ndarray

    @classmethod
    def of(cls, seed: int) -> _Language:
        count = len(KINDS)
        made = made_up(np.random.default_rng([seed, 90]), _WORDS + count * _SIGNS + _NAMES + _SECOND)
        words, signs, first, second = np.split(made, np.cumsum([_WORDS, count * _SIGNS, _NAMES]))
        capital = [np.array([word.capitalize() for word in names], object) for names in (first, second)]
        return cls(words, signs.reshape(count, -1), *(names.reshape(count, -1) for names in capital))


def _sentence(random: np.random.Generator, language: _Language) -> tuple[list[str], list[int]]:
    """Return the words of a sentence and their tags."""
    words, tags = _between(random, language), []
    tags = [0] * len(words)
    for _ in range(random.integers(1, _MOST_ENTITIES + 1)):
        own, numbers = _entity(random, language)
        more = _between(random, language)
        words, tags = [*words, *own, *more], [*tags, *numbers, *([0] * len(more))]
    return words, tags


def _between(random: np.random.Generator, language: _Language) -> list[str]:
    count = random.integers(1, _MOST_BETWEEN + 1)
    return language.words[random.choice(_WORDS, count, p=zipf(np.arange(_WORDS)))].tolist()


def _entity(random: np.random.Generator, language: _Language) -> tuple[list[str], list[int]]:
    """Return a name with its sign, and their tags."""
    kind = int(random.integers(len(KINDS)))
    names = [_name(random, language.first, kind)]
    if random.random() < _TWO_WORDS:
        names.append(_name(random, language.second, kind))
    shown = _other(random, kind) if random.random() < OTHER_KIND else kind
    sign = str(random.choice(language.signs[shown]))
    tags = [1 + 2 * kind, 2 + 2 * kind][: len(names)]
    return ([sign, *names], [0, *tags]) if random.random() < 0.5 else ([*names, sign], [*tags, 0])


def _name(random: np.random.Generator, names: np.ndarray, kind: int) -> str:
    """Return a name, most often one whose usual kind this is."""
    usual = kind if random.random() < _USUAL else _other(random, kind)
    return str(random.choice(names[usual]))


def _other(random: np.random.Generator, kind: int) -> int:
    return int((kind + random.integers(1, len(KINDS))) % len(KINDS))
