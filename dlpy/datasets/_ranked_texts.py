"""What imdb and reuters share: texts stored as ranks of words, and the marks that Keras puts among them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError
from dlpy.data.features import Sequences
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task
from dlpy.storage.locate import Remote, on_this_machine

Whole = Annotated[int, Field(ge=0, lt=2**31)]
Count = Annotated[int, Field(gt=0, lt=2**31)]

Part = tuple[Sequences, np.ndarray]  # texts and labels


class RankedTexts(Dataset):
    """Texts as lists of integers: 1 starts a text, 2 stands for a word left out, rank 1 of words becomes 4."""

    word_index: ClassVar[Remote | None] = None  # the file that has the rank of each word

    num_words: Count | None = None
    """Integers from this on become `oov_char`: 10000 keeps the 9,996 most frequent words; null keeps nearly all."""
    skip_top: Whole = 0
    """Integers below this become `oov_char` too."""
    maxlen: Count | None = None
    """Texts of this length or more, the start mark included, are left out."""
    shuffle_seed: Annotated[int, Field(ge=0, lt=2**32)] = 113
    """Seed of the order of rows; Keras' own unless given."""
    start_char: Whole | None = 1
    """The integer that starts each text, or null for none."""
    oov_char: Whole | None = 2
    """The integer for words left out, or null to drop them."""
    index_from: Whole = 3
    """What is added to each word's rank."""

    def text_task(self, output: Output) -> Task:
        """Return the task of classifying such texts."""
        marks = (self.start_char, self.oov_char)
        least = max((mark + 1 for mark in marks if mark is not None), default=0)
        vocabulary = max(self.num_words, least) if self.num_words else None
        return Task.single(Input("sequence", (None,), vocabulary), output)

    def marked(self, part: Part) -> Part:
        """Return the texts with ranks shifted and the start mark put first, less those that are too long."""
        texts, labels = part
        values, splits = texts.values + np.int32(self.index_from), texts.splits
        if self.start_char is not None:
            values = np.insert(values, splits[:-1], np.int32(self.start_char))
            splits = splits + np.arange(len(splits))
        texts = Sequences(values, splits)
        if self.maxlen is None:
            return texts, labels
        short = np.flatnonzero(np.diff(splits) < self.maxlen)
        if len(short) == 0:
            raise DataError(f"data.maxlen: no text is shorter than {self.maxlen}.")
        return texts.take(short), labels[short]

    def known_words(self, texts: Sequences, limit: int) -> Sequences:
        """Return the texts with what is not in [skip_top, limit) replaced or dropped."""
        known = (texts.values >= self.skip_top) & (texts.values < limit)
        if self.oov_char is not None:
            return Sequences(np.where(known, texts.values, np.int32(self.oov_char)), texts.splits)
        return texts.only(known)

    def word_list(self, index: Remote, limit: int) -> tuple[str, ...]:
        """Return the word of each integer below `limit`, "" for marks; no words where their file is not at hand.

        Raises:
            DataError: the file is no JSON that maps words to ranks.
        """
        path = on_this_machine(index, self.path)
        if path is None:
            return ()
        try:
            ranks = json.loads(path.read_text(encoding="utf-8"))
            places = {int(rank) + self.index_from: str(word) for word, rank in ranks.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            raise DataError(f"{path} is damaged: expected JSON, a rank for each word ({error}).") from None
        marks = {self.start_char, self.oov_char}
        return tuple("" if place in marks else places.get(place, "") for place in range(limit))

    def loaded(self, train: Part, test: Part, output: Output, source: Source) -> Loaded:
        """Return marked texts as rows, rare words replaced as `num_words` says.

        Without `num_words`, the limit is the largest integer there is, so that this one is left out: Keras does so.
        """
        limit = self.num_words or int(max(texts.values.max(initial=1) for texts, _ in (train, test)))
        task = self.model_copy(update={"num_words": limit}).text_task(output)
        if self.word_index and source.kind == "file":
            words = self.word_list(self.word_index, task.input.vocabulary or limit)
            task = task.with_input(replace(task.input, words=words))
        rows = [Rows.single(self.known_words(texts, limit), labels) for texts, labels in (train, test)]
        return Loaded(rows[0], rows[1] if len(rows[1]) else None, task, source, {"num_words": limit})


def labelled(texts: Sequences, labels: np.ndarray, where: str) -> Part:
    """Return texts with their labels as int64.

    Raises:
        DataError: there are not as many labels as texts, or they are no whole numbers.
    """
    if labels.dtype.kind not in "iub" or labels.shape != (len(texts),):
        raise DataError(
            f"{where}: labels should be whole numbers ({len(texts)},), but are {labels.dtype} {labels.shape}."
        )
    return texts, labels.astype(np.int64)


def shuffled(part: Part, random: np.random.RandomState) -> Part:
    """Return the rows in the order that Keras' loaders draw."""
    order = np.arange(len(part[0]))
    random.shuffle(order)
    return part[0].take(order), part[1][order]
