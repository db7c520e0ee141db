"""Hashing of words to integers, without a vocabulary."""

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
    """Converts texts to integers by hashing each word: 1 + crc32(word) % (size - 1).

    There is no vocabulary and no unknown word, but different words may share an integer. 0 is reserved for `pad`.
    """

    name: Literal["hash_words"] = "hash_words"
    size: Annotated[int, Field(ge=2)] = 1000
    """Number of hash buckets; all integers are below it. With as many words as buckets, two of three words collide."""
    rules: Rules = "unicode"
    """Rules for splitting texts into words, as in `tokenize`; book and keras support ASCII only."""
    lower: bool = True
    """Convert texts to lower case (unicode: case folding, which also turns ß into ss)."""

    def outline(self, task: Task) -> Task:
        check_texts(self, task)
        return task.with_input(Input("sequence", (None,), self.size))

    def apply(self, rows: Rows, state: State) -> Rows:
        found = tokenizer.words(texts_of(self, rows), self.rules, lower=self.lower)
        codes = (word.encode("utf-8", "surrogatepass") for word in found.distinct)
        integers = np.array([1 + zlib.crc32(code) % (self.size - 1) for code in codes], np.int32)
        return rows.with_x(Sequences(integers[found.rows.values], found.rows.splits))
