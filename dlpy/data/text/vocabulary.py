"""What a text is cut up into, and the number that each different piece gets."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlpy.core.errors import ConfigError, DataError, on_a_line
from dlpy.data.features import Sequences, splits_of
from dlpy.data.text import tokenizer
from dlpy.data.text.tokenizer import Terms

By = Literal["character", "word"]

_PIECES = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]|\n+")
_CLINGS = frozenset(".,;:!?)]}%”’'")  # to the word before it
_OPENS = frozenset("([{“‘")  # and the word behind it clings to it


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that a text is made of.

    words: what each number stands for; where the last one is "", it stands for every other token.
    lower: whether capital letters are made small.
    """

    words: tuple[str, ...]
    by: By
    lower: bool

    def numbers(self, text: str) -> tuple[np.ndarray, list[str]]:
        """Return the text's tokens, (tokens,) int32, and those it has no number for, which are left out."""
        found = pieces(text, self.by, lower=self.lower)
        number_of = {word: number for number, word in enumerate(self.words) if word}
        unknown = [piece for piece in found.distinct if piece not in number_of]
        numbers = np.array([number_of.get(piece, -1) for piece in found.distinct], np.int32)[found.rows.values]
        return numbers[numbers >= 0], unknown

    def text(self, numbers: np.ndarray) -> str:
        """Return what the numbers spell; words with spaces between them where a reader expects one."""
        spelled = [self.words[number] for number in numbers.tolist()]
        if self.by == "character":
            return "".join(spelled)
        before = ["\n", *spelled]
        return "".join(f"{_gap(last, word)}{word}" for last, word in zip(before, spelled, strict=False))

    def writable(self) -> np.ndarray:
        """Return which tokens may be written: (words,) bool, all but the one that stands for others."""
        return np.array([word != "" for word in self.words])

    def all_numbers(self, text: str, where: str) -> np.ndarray:
        """Return the text's tokens: (tokens,) int32, at least one.

        Raises:
            ConfigError: it has none, or some that the vocabulary lacks; `where` is the option that gave it.
        """
        numbers, unknown = self.numbers(text)
        if unknown:
            named = ", ".join(f"'{on_a_line(piece)}'" for piece in unknown[:10]) + (", ..." if unknown[10:] else "")
            raise ConfigError(f"{where}: the text that was learnt from has no {named}. Leave out what it lacks.")
        if len(numbers) == 0:
            raise ConfigError(f"{where}: there is no {self.by} in it to go on from.")
        return numbers

    def arrays(self) -> dict[str, np.ndarray]:
        """Return it as arrays for an npz file."""
        marks = {"by": np.array(self.by), "lower": np.array(self.lower)}
        return tokenizer.packed(list(self.words)) | marks

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray]) -> Vocabulary:
        """Return the vocabulary that `arrays` gave."""
        by: By = "character" if str(arrays["by"]) == "character" else "word"
        return cls(tuple(tokenizer.unpacked(arrays)), by, bool(arrays["lower"]))


def pieces(text: str, by: By, *, lower: bool) -> Terms:
    """Return a text's characters, or its words, punctuation marks and line breaks, each different one with a number."""
    if by == "character":
        whole = np.empty(1, object)
        whole[0] = text
        return tokenizer.characters(whole, "book", lower=lower)
    number_of: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    found = _PIECES.finditer(text.lower() if lower else text)
    values = np.fromiter((number_of[match[0]] for match in found), np.int32)
    return Terms(list(number_of), Sequences(values, splits_of(np.array([len(values)]))))


def learn(
    found: Terms, training: np.ndarray, by: By, limit: int | None, *, lower: bool
) -> tuple[Vocabulary, np.ndarray]:
    """Return the vocabulary of a text's training part, and the whole text in its numbers: (tokens,) int32.

    Characters are in the order of their code points, words the most frequent first. A last token stands for what
    the training part may lack, or the limit leaves out; there is none where all of a text is learnt from.

    Args:
        found: the whole text.
        training: (tokens,) bool, which of its tokens are learnt from.
        by: what its pieces are.
        limit: how many tokens there may be, the last one included.
        lower: whether capital letters were made small.

    Raises:
        DataError: the training part holds fewer than two different tokens.
    """
    values = found.rows.values
    counts = np.bincount(values[training], minlength=len(found.distinct))
    ranked = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    if len(ranked) < 2:
        raise DataError(f"the training text holds only {len(ranked)} different {by}: there is nothing to learn.")
    unknown = not training.all()  # whatever the held-out part holds: it must not decide how large the model is
    if limit is not None and len(ranked) + unknown > limit:
        ranked, unknown = ranked[: limit - 1], True
    if by == "character":
        ranked = np.array(sorted(ranked, key=found.distinct.__getitem__))
    words = [found.distinct[number] for number in ranked]
    numbers = np.full(len(found.distinct), len(words), np.int32)
    numbers[ranked] = np.arange(len(words))
    return Vocabulary((*words, *([""] if unknown else [])), by, lower), numbers[values]


def _gap(last: str, word: str) -> str:
    joined = last.startswith("\n") or word.startswith("\n") or last in _OPENS or word in _CLINGS
    return "" if joined else " "
