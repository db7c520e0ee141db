"""Base class of imdb and reuters: texts stored as word ranks, with the special integers that Keras inserts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError
from dlpy.data.features import Sequences, stretches
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task
from dlpy.storage.locate import Remote, on_this_machine

Whole = Annotated[int, Field(ge=0, lt=2**31)]
Count = Annotated[int, Field(gt=0, lt=2**31)]

Part = tuple[Sequences, np.ndarray]  # texts and labels


class RankedTexts(Dataset):
    """Texts as lists of integers: 1 starts a text, 2 replaces an omitted word, the most frequent word becomes 4."""

    word_index: ClassVar[Remote | None] = None  # the file with the rank of each word

    num_words: Count | None = None
    """Replace integers from this one up by `oov_char`: 10000 keeps the 9,996 most frequent words. Default: keep all but
    the largest integer, as Keras does."""
    skip_top: Whole = 0
    """Replace integers below this one by `oov_char`."""
    maxlen: Count | None = None
    """Drop texts with this many integers or more, including the start marker. Default: keep all."""
    shuffle_seed: Annotated[int, Field(ge=0, lt=2**32)] = 113
    """Seed for shuffling the rows; the default is that of Keras."""
    start_char: Whole | None = 1
    """Integer that marks the start of each text; null for none."""
    oov_char: Whole | None = 2
    """Integer that replaces omitted words; null drops them."""
    index_from: Whole = 3
    """Offset added to each word's rank."""

    def text_task(self, output: Output) -> Task:
        """Return the task of classifying these texts."""
        marks = (self.start_char, self.oov_char)
        least = max((mark + 1 for mark in marks if mark is not None), default=0)
        vocabulary = max(self.num_words, least) if self.num_words else None
        return Task.single(Input("sequence", (None,), vocabulary), output)

    def marked(self, part: Part, random: np.random.RandomState | None = None) -> Part:
        """Return the texts with shifted ranks and a start marker, without those that are too long.

        Args:
            part: texts and labels.
            random: shuffles the rows in the same way as Keras' loaders do; by default they stay in order.
        """
        (texts, labels), order = part, np.arange(len(part[1]))
        if random is not None:
            random.shuffle(order)
        marks = int(self.start_char is not None)  # in place of the integer before a text
        positions, splits = stretches(texts.splits[order] - marks, np.diff(texts.splits)[order] + marks)
        values = texts.values[positions] if len(texts.values) else np.zeros(len(positions), np.int32)
        values += np.int32(self.index_from)
        if self.start_char is not None:
            values[splits[:-1]] = self.start_char
        texts, labels = Sequences(values, splits), labels[order]
        if self.maxlen is None:
            return texts, labels
        short = np.flatnonzero(np.diff(splits) < self.maxlen)
        if len(short) == 0:
            raise DataError(f"data.maxlen: no text is shorter than {self.maxlen}. Use a larger value.")
        return texts.take(short), labels[short]

    def known_words(self, texts: Sequences, limit: int) -> Sequences:
        """Return the texts with integers outside [skip_top, limit) dropped, or replaced in place."""
        unknown = texts.values >= limit
        if self.skip_top:
            unknown |= texts.values < self.skip_top
        if self.oov_char is None:
            return texts.only(~unknown)
        np.putmask(texts.values, unknown, np.int32(self.oov_char))
        return texts

    def word_list(self, index: Remote, limit: int) -> tuple[str, ...]:
        """Return the word of each integer below `limit`, "" for special integers; empty without the word file.

        Raises:
            DataError: the file is not JSON that maps words to ranks.
        """
        path = on_this_machine(index, self.path)
        if path is None:
            return ()
        try:
            ranks = json.loads(path.read_text(encoding="utf-8"))
            places = {int(rank) + self.index_from: str(word) for word, rank in ranks.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            raise DataError(f"{path} is damaged: expected JSON that maps each word to its rank ({error}).") from None
        marks = {self.start_char, self.oov_char}
        return tuple("" if place in marks else places.get(place, "") for place in range(limit))

    def loaded(self, train: Part, test: Part, output: Output, source: Source) -> Loaded:
        """Return marked texts as rows, with rare words replaced according to `num_words`.

        Without `num_words` the limit is the largest integer, which is therefore replaced too: Keras does the same.
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
        DataError: the number of labels differs from the number of texts, or a label is not an integer.
    """
    if labels.dtype.kind not in "iub" or labels.shape != (len(texts),):
        raise DataError(
            f"{where}: labels should be integers of shape ({len(texts)},), but are {labels.dtype} {labels.shape}."
        )
    return texts, labels.astype(np.int64)
