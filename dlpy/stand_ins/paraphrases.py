"""Generated pairs of English sentences that mean the same or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WRONG_LABELS = 0.02
BEST_SCORE = 0.98
BEST_OF_BAGS = 0.66  # of what does not see the order of words: it knows a third of the different pairs
_SWAPPED = 2 / 3  # share of the different pairs that only exchange who acts and who is acted upon
_PASSIVE = 0.3
_CHARACTERS = (
    ("doctor", "physician"), ("lawyer", "attorney"), ("teacher", "tutor"), ("thief", "robber"), ("pilot", "aviator"),
    ("author", "writer"), ("king", "monarch"), ("singer", "vocalist"), ("soldier", "trooper"), ("child", "kid"),
)  # fmt: skip
_DEEDS = (
    ("helped", "assisted"), ("called", "phoned"), ("noticed", "spotted"), ("followed", "trailed"),
    ("hired", "employed"), ("praised", "commended"), ("blamed", "accused"), ("visited", "met"),
)  # fmt: skip
_PLACES = (
    ("in the garden", "in the yard"), ("at the station", "at the terminal"), ("in the shop", "in the store"),
    ("in the woods", "in the forest"), ("on the road", "on the street"), ("in the flat", "in the apartment"),
    ("at the harbour", "at the port"), ("in the ruins", "in the remains"), ("at school", "in class"),
    ("by the sea", "by the ocean"),
)  # fmt: skip
_DAYS = ("on monday", "on tuesday", "on wednesday", "on thursday", "on friday", "on saturday", "on sunday")
_FRAMES = ("{}", "yesterday {}", "{} again", "as everyone knows {}", "it is true that {}", "{} last week")


@dataclass(frozen=True)
class Paraphrases:
    """Pairs of sentences. left, right: (rows,) str objects. same: (rows,) int64, 1 for one meaning."""

    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


def partners(seed: int, part: int, count: int) -> Paraphrases:
    """Return pairs of sentences that mean the same, such as "the king helped the child in the park on monday".

    No other pair of the part means the same, up to 50,400 pairs, so that the right partner can always be found.

    Args:
        part: number of the split; each number gives different pairs for the same seed.
    """
    random = np.random.default_rng([seed, 94 + part])
    others = len(_CHARACTERS) - 1
    sizes = (len(_CHARACTERS), others, len(_DEEDS), len(_PLACES), len(_DAYS))
    numbers = np.resize(random.permutation(np.prod(sizes)), count)
    agent, step, deed, place, day = np.unravel_index(numbers, sizes)
    meaning = np.stack([agent, deed, (agent + 1 + step) % len(_CHARACTERS)], axis=1)
    sides = [_told(random, meaning) + _where(random, place, day) for _ in range(2)]
    return Paraphrases(sides[0], sides[1], np.ones(count, np.int64))


def paraphrases(seed: int, part: int, count: int) -> Paraphrases:
    """Return pairs of sentences such as "the doctor helped the king" and "the monarch was assisted by the physician".

    Half of the pairs mean the same in other words. Two thirds of the others exchange who acts and who is acted upon,
    which only the order of the words tells; the rest have another character or deed. 2% of the labels are wrong, so the
    best possible accuracy is 0.98; without the order of the words it is 0.66.

    Args:
        part: number of the split; each number gives different pairs for the same seed.
    """
    random = np.random.default_rng([seed, 90 + part])
    meaning = _meanings(random, count)
    same = random.permutation(np.arange(count) % 2)
    other = np.where((same == 1)[:, None], meaning, _different(random, meaning))
    labels = same ^ (random.random(count) < WRONG_LABELS)
    return Paraphrases(_told(random, meaning), _told(random, other), labels)


def _meanings(random: np.random.Generator, count: int) -> np.ndarray:
    """Return who acts, the deed, and who is acted upon, as numbers: (count, 3) int64."""
    agent = random.integers(len(_CHARACTERS), size=count)
    patient = _another(random, agent, len(_CHARACTERS))
    return np.stack([agent, random.integers(len(_DEEDS), size=count), patient], axis=1)


def _different(random: np.random.Generator, meaning: np.ndarray) -> np.ndarray:
    """Return other meanings: two thirds with both characters exchanged, the rest with another deed or agent."""
    agent, deed, patient = meaning.T
    stranger = _third(random, agent, patient)
    changes_deed = random.random(len(meaning)) < 0.5
    changed = np.stack(
        [np.where(changes_deed, agent, stranger), np.where(changes_deed, _another(random, deed, len(_DEEDS)), deed),
         patient], axis=1,
    )  # fmt: skip
    swapped = random.random(len(meaning)) < _SWAPPED
    return np.where(swapped[:, None], meaning[:, ::-1], changed)


def _third(random: np.random.Generator, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return characters who are neither of two: (rows,) int64."""
    low, high = np.minimum(one, two), np.maximum(one, two)
    drawn = random.integers(len(_CHARACTERS) - 2, size=len(one))
    drawn += drawn >= low
    return drawn + (drawn >= high)


def _another(random: np.random.Generator, chosen: np.ndarray, count: int) -> np.ndarray:
    """Return numbers below `count` that differ from those chosen."""
    return (chosen + random.integers(1, count, len(chosen))) % count


def _told(random: np.random.Generator, meaning: np.ndarray) -> np.ndarray:
    """Return a sentence for each meaning, in random words: (rows,) str objects."""
    words = random.integers(2, size=meaning.shape)
    passive = random.random(len(meaning)) < _PASSIVE
    frames = random.integers(len(_FRAMES), size=len(meaning))
    return np.array([_sentence(*row) for row in zip(meaning, words, passive, frames, strict=True)], object)


def _where(random: np.random.Generator, place: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return the end of each sentence: a place, in random words, and a day, in either order: (rows,) str objects."""
    words, first = random.integers(2, size=(2, len(place)))
    ends = [(_PLACES[where][word], _DAYS[when]) for where, word, when in zip(place, words, day, strict=True)]
    told = [f" {a} {b}" if before else f" {b} {a}" for (a, b), before in zip(ends, first, strict=True)]
    return np.array(told, object)


def _sentence(meaning: np.ndarray, words: np.ndarray, passive: bool, frame: int) -> str:
    agent, deed, patient = meaning.tolist()
    first, verb, second = words.tolist()
    who, does, whom = _CHARACTERS[agent][first], _DEEDS[deed][verb], _CHARACTERS[patient][second]
    told = f"the {whom} was {does} by the {who}" if passive else f"the {who} {does} the {whom}"
    return _FRAMES[frame].format(told)
