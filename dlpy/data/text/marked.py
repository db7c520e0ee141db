"""The vocabulary of source or target texts: words or characters, and marks for start, end and unknown tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Sequences, splits_of
from dlpy.data.text.vocabulary import By, joined, restored, stored, words_and_marks

PADDING, START, END, UNKNOWN = range(4)
MARKS = ("[PAD]", "[START]", "[END]", "[UNK]")


@dataclass(frozen=True)
class MarkedVocabulary:
    """The tokens of texts, each with a number: first the MARKS, then what the training texts contain.

    words: the tokens without the marks. length: the largest number of tokens of a text; longer ones are cut.
    """

    words: tuple[str, ...]
    by: By
    lower: bool
    length: int

    @property
    def all_words(self) -> tuple[str, ...]:
        """The token or mark of each number."""
        return (*MARKS, *self.words)

    def pieces(self, text: str) -> list[str]:
        """Return the tokens of a text."""
        return pieces(text, self.by, lower=self.lower)

    def numbers(self, texts: Iterable[str]) -> Sequences:
        """Return texts as the numbers of their first `length` tokens, (total,) int32."""
        number_of = {word: number for number, word in enumerate(self.words, len(MARKS))}
        rows = [[number_of.get(piece, UNKNOWN) for piece in self.pieces(text)[: self.length]] for text in texts]
        values = np.fromiter((number for row in rows for number in row), np.int32)
        return Sequences(values, splits_of(np.array([len(row) for row in rows], np.int64)))

    def text(self, numbers: np.ndarray) -> str:
        """Return the text of numbers, up to the first end mark."""
        ends = np.flatnonzero(numbers == END)
        kept = numbers[: ends[0]] if len(ends) else numbers
        return joined([self.all_words[number] for number in kept.tolist() if number > START], self.by)

    def plain(self, text: str) -> str:
        """Return a text as `text` would spell it if all its tokens were known: what predictions are compared with."""
        return joined(self.pieces(text), self.by)

    def unknown(self, text: str) -> list[str]:
        """Return the tokens of a text that are not in the vocabulary."""
        known = set(self.words)
        return [piece for piece in self.pieces(text) if piece not in known]

    def writable(self) -> np.ndarray:
        """Return which tokens can be generated: (tokens,) bool, all except the other marks than the end."""
        can = np.ones(len(self.all_words), np.bool_)
        can[[PADDING, START, UNKNOWN]] = False
        return can

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Return the vocabulary as arrays for an npz file."""
        own = stored(self.words, self.by, lower=self.lower) | {"length": np.array(self.length)}
        return {f"{prefix}.{name}": array for name, array in own.items()}

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray], prefix: str) -> MarkedVocabulary:
        """Return the vocabulary stored by `arrays`.

        Raises:
            ValueError: the arrays are damaged.
        """
        own = {
            name.removeprefix(f"{prefix}."): array for name, array in arrays.items() if name.startswith(f"{prefix}.")
        }
        length = int(own["length"])
        if not 0 < length < 2**31:
            raise ValueError(f"its length is {length}")
        return cls(*restored(own), length)


def pieces(text: str, by: By, *, lower: bool) -> list[str]:
    """Return the tokens of a text: its characters, or its words and punctuation marks; a line break is a space."""
    text = " ".join(text.split()) if by == "word" else text.strip()
    text = text.lower() if lower else text
    return list(text) if by == "character" else words_and_marks(text)


def learn(texts: Iterable[str], by: By, *, lower: bool, limit: int | None, length: int | None) -> MarkedVocabulary:
    """Return the vocabulary of training texts.

    Characters are sorted by code point, words by frequency; ties go to the first to appear.

    Args:
        limit: largest size of the vocabulary with its marks; the rarest tokens become unknown.
        length: largest number of tokens of a text; None: that of the longest one.

    Raises:
        DataError: the texts have no tokens.
    """
    counts, longest = Counter[str](), 0
    for text in texts:
        found = pieces(text, by, lower=lower)
        counts.update(found)
        longest = max(longest, len(found))
    if not counts:
        raise DataError(f"the training texts contain no {by}s, so the vocabulary would be empty.")
    words = [word for word, _ in counts.most_common(None if limit is None else max(1, limit - len(MARKS)))]
    return MarkedVocabulary(tuple(sorted(words) if by == "character" else words), by, lower, length or longest)
