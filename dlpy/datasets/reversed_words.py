"""Generated words to reverse."""

from __future__ import annotations

from typing import ClassVar, Literal

from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.datasets._generated import Generated
from dlpy.datasets._translation import Translation, pairs
from dlpy.stand_ins.written import reversed_words
from dlpy.transforms.token_pairs import AnySideTokens, SideTokens


class ReversedWords(Translation, Generated):
    """Pairs of texts: a made-up word of 4 to 10 letters, and the same word from back to front.

    The best possible exact match is 1.
    """

    title: ClassVar[str] = "generated words, and the same reversed"

    name: Literal["reversed_words"] = "reversed_words"
    source_tokens: AnySideTokens = SideTokens(by="character")
    """How source texts are split into tokens: word, character, or a mapping such as {by: character, lower: true}."""
    target_tokens: AnySideTokens = SideTokens(by="character")
    """How target texts are split into tokens: word, character, or a mapping."""

    def generated(self, seed: int, part: int, count: int) -> Rows:
        sources, targets = reversed_words(seed, part, count)
        return pairs(Texts(sources), Texts(targets))
