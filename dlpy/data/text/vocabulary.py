"""The vocabulary of a language model: splitting a text into tokens, and the number of each token."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlpy.core.errors import ConfigError, DataError, on_a_line
from dlpy.data.features import Sequences, splits_of
from dlpy.data.text import tokenizer
from dlpy.data.text.tokenizer import Terms

By = Literal["character", "word"]

_PIECES = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]|\n+")
_CLINGS = frozenset(".,;:!?)]}%”’'")  # no space before these
_OPENS = frozenset("([{“‘")  # no space after these


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a text.

    words: the token of each number; if the last one is "", it represents all unknown tokens.
    lower: whether the text is converted to lower case.
    """

    words: tuple[str, ...]
    by: By
    lower: bool

    def numbers(self, text: str) -> tuple[np.ndarray, list[str]]:
        """Return the tokens of the text, (tokens,) int32, and the unknown ones, which are omitted."""
        found = pieces(text, self.by, lower=self.lower)
        number_of = {word: number for number, word in enumerate(self.words) if word}
        unknown = [piece for piece in found.distinct if piece not in number_of]
        numbers = np.array([number_of.get(piece, -1) for piece in found.distinct], np.int32)[found.rows.values]
        return numbers[numbers >= 0], unknown

    def text(self, numbers: np.ndarray) -> str:
        """Return the text of the numbers, with spaces between words where a reader expects them."""
        return joined([self.words[number] for number in numbers.tolist()], self.by)

    def writable(self) -> np.ndarray:
        """Return which tokens can be generated: (words,) bool, all except the unknown token."""
        return np.array([word != "" for word in self.words])

    def all_numbers(self, text: str, where: str) -> np.ndarray:
        """Return the tokens of the text: (tokens,) int32, at least one.

        Raises:
            ConfigError: it has no tokens or unknown ones; `where` is the option that contains the text.
        """
        numbers, unknown = self.numbers(text)
        if unknown:
            named = ", ".join(f"'{on_a_line(piece)}'" for piece in unknown[:10]) + (", ..." if unknown[10:] else "")
            raise ConfigError(f"{where}: {named} not found in the training text. Remove it.")
        if len(numbers) == 0:
            raise ConfigError(f"{where}: expected at least one {self.by} to continue from.")
        return numbers

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the vocabulary as arrays for an npz file."""
        return stored(self.words, self.by, lower=self.lower)

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray]) -> Vocabulary:
        """Return the vocabulary stored by `arrays`."""
        return cls(*restored(arrays))


def stored(words: Sequence[str], by: By, *, lower: bool) -> dict[str, np.ndarray]:
    """Return tokens, and how texts are divided into them, as arrays for an npz file."""
    return tokenizer.packed(list(words)) | {"by": np.array(by), "lower": np.array(lower)}


def restored(arrays: dict[str, np.ndarray]) -> tuple[tuple[str, ...], By, bool]:
    """Return the words, `by` and `lower` that `stored` got."""
    by: By = "character" if str(arrays["by"]) == "character" else "word"
    return tuple(tokenizer.unpacked(arrays)), by, bool(arrays["lower"])


def pieces(text: str, by: By, *, lower: bool) -> Terms:
    """Return the tokens of a text: its characters, or its words, punctuation marks and line breaks."""
    if by == "character":
        whole = np.empty(1, object)
        whole[0] = text
        return tokenizer.characters(whole, "book", lower=lower)
    number_of: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    found = _PIECES.finditer(text.lower() if lower else text)
    values = np.fromiter((number_of[match[0]] for match in found), np.int32)
    return Terms(list(number_of), Sequences(values, splits_of(np.array([len(values)]))))


def words_and_marks(text: str) -> list[str]:
    """Return the words, punctuation marks and line breaks of a text."""
    return _PIECES.findall(text)


def joined(tokens: Sequence[str], by: By) -> str:
    """Return tokens as a text: characters, or words and punctuation marks with spaces where a reader expects them."""
    if by == "character":
        return "".join(tokens)
    before = ["\n", *tokens]
    return "".join(f"{_gap(last, word)}{word}" for last, word in zip(before, tokens, strict=False))


def learn(
    found: Terms, training: np.ndarray, by: By, limit: int | None, *, lower: bool
) -> tuple[Vocabulary, np.ndarray]:
    """Return the vocabulary of the training split, and the numbers of all tokens of the text: (tokens,) int32.

    Characters are sorted by code point, words by frequency. A last token represents all tokens that are not in the
    training split or exceed the limit; there is none if the whole text is for training.

    Args:
        found: the whole text.
        training: (tokens,) bool, which tokens are in the training split.
        by: what a token is.
        limit: maximum vocabulary size, including the last token.
        lower: whether the text was converted to lower case.

    Raises:
        DataError: the training split has fewer than two distinct tokens.
    """
    values = found.rows.values
    counts = np.bincount(values[training], minlength=len(found.distinct))
    ranked = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    if len(ranked) < 2:
        raise DataError(f"the training text has only {len(ranked)} distinct {by}; at least two are needed.")
    unknown = not training.all()  # regardless of the held-out text, which must not determine the size of the model
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
