"""Texts as sequences of integers that need no vocabulary."""

from __future__ import annotations

import zlib
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.data.features import Sequences
from dlpy.data.rows import Rows
from dlpy.data.task import Input, State, Task
from dlpy.data.text import tokenizer
from dlpy.data.text.tokenizer import Rules
from dlpy.transforms.tokenize import check_texts, texts_of


class HashWords(Transform):
    """Texts as integers computed from the letters of each word: 1 + crc32(word) % (size - 1).

    Nothing is learnt, and no word is unknown, but different words may get the same integer. 0 is left for `pad`.
    """

    name: Literal["hash_words"] = "hash_words"
    size: Annotated[int, Field(ge=2)] = 1000
    """All integers are below this. With as many words as integers, nearly two words in three share theirs."""
    rules: Rules = "unicode"
    """How texts become words: see `tokenize`; book and keras are for ASCII only."""
    lower: bool = True
    """Make capital letters small (unicode: case folding, which also makes ß ss)."""

    def outline(self, task: Task) -> Task:
        check_texts(self, task)
        return task.with_input(Input("sequence", (None,), self.size))

    def apply(self, rows: Rows, state: State) -> Rows:
        found = tokenizer.words(texts_of(self, rows), self.rules, lower=self.lower)
        codes = (word.encode("utf-8", "surrogatepass") for word in found.distinct)
        integers = np.array([1 + zlib.crc32(code) % (self.size - 1) for code in codes], np.int32)
        return rows.with_x(Sequences(integers[found.rows.values], found.rows.splits))
