"""Generated pairs of sentences."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated import Generated
from dlpy.stand_ins.pairs import pairs, sentences


class SentencePairs(Generated):
    """Two inputs, `left` and `right`, and one output: whether they are renderings of the `same` sentence (book 7.1.5).

    The book trains on data that it does not have; here the data can be learnt. A sentence is a sequence of word
    vectors, and a rendering adds noise to it. Left and right can be exchanged, and one alone tells nothing. All
    sentences have the same words in different orders. The best possible accuracy is 0.98.

    A last layer on the concatenated codes of both, as in the book, adds up a score from each side and cannot compare
    them: subtract one code from the other and square the difference, or add a hidden layer.
    """

    title: ClassVar[str] = "generated pairs of sentences"

    name: Literal["sentence_pairs"] = "sentence_pairs"
    sentences: Annotated[int, Field(ge=2, le=200)] = 20
    """Number of different sentences."""
    steps: Annotated[int, Field(ge=12, le=10_000)] = 16
    """Number of words in a sentence; the book has any number."""
    size: Annotated[int, Field(ge=8, le=10_000)] = 8
    """Number of numbers in a word vector; the book has 128."""

    def outline(self) -> Task:
        given = Input("array", (self.steps, self.size))
        return Task({"left": given, "right": given}, {"same": Output("binary", 1, ("different", "same"))})

    def generated(self, seed: int, part: int, count: int) -> Rows:
        found = pairs(seed, part, count, sentences(seed, self.sentences, self.steps, self.size))
        return Rows({"left": found.left, "right": found.right}, {"same": found.same}, np.arange(count))
