"""Generated words to reverse."""

from __future__ import annotations

from typing import ClassVar, Literal

from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.datasets._translation import SpelledPairs, pairs
from dlpy.stand_ins.written import reversed_words


class ReversedWords(SpelledPairs):
    """Pairs of texts: a made-up word of 4 to 10 letters, and the same word from back to front.

    The best possible exact match is 1.
    """

    title: ClassVar[str] = "generated words, and the same reversed"

    name: Literal["reversed_words"] = "reversed_words"

    def generated(self, seed: int, part: int, count: int) -> Rows:
        sources, targets = reversed_words(seed, part, count)
        return pairs(Texts(sources), Texts(targets))
