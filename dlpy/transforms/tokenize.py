"""Tokenization: texts become sequences of integers, one per word or character."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError, on_a_line
from dlpy.data.features import Sequences, Texts
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import Input, State, Task
from dlpy.data.text import tokenizer
from dlpy.data.text.tokenizer import Rules, Terms
from dlpy.data.unfamiliar import Unfamiliar, counted

_UNKNOWN = "[UNK]"


class Tokenize(Transform):
    """Converts texts to integers, the most frequent training word first; the run lists the words in vocabulary.txt.

    `unicode` supports all languages: punctuation, symbols and white space separate words, apostrophes within words are
    kept, é as one or two code points is the same (NFKC), and ЯРКО, Ярко and ярко are one word. Chinese and Japanese
    characters, emoji, and Thai, Lao, Burmese and Khmer letters with their marks are separate words.

    `book` and `keras` only recognize ASCII punctuation, so “ночь” and ночь are two words. `book` behaves like the old
    Keras Tokenizer: punctuation except ' separates words. `keras` behaves like TextVectorization: punctuation is
    deleted, only A to Z are lower-cased, the integers start at 2, and 1 stands for any unknown word. `unicode` and
    `book` start at 1 and drop unknown words. `spaces` is for texts whose tokens stand between spaces already, such as
    those of tagged_words: nothing else is split or dropped, and 1 stands for any unknown word. 0 is reserved for `pad`.
    """

    name: Literal["tokenize"] = "tokenize"
    by: Literal["word", "character"] = "word"
    """What a token is: a word, or a character (including white space)."""
    rules: Rules = "unicode"
    """Rules for splitting texts: unicode for any language; book and keras (Keras' old and new class) for ASCII only;
    spaces for tokens that stand between spaces already, which is what a class for each token needs."""
    vocabulary: Annotated[int, Field(ge=3)] | None = None
    """Vocabulary size; all integers are below it: 10000 keeps the 9,999 most frequent words (keras: 9,998). Default:
    keep all. With `spaces`, a limit below the number of words lets the model learn from rare words what an unknown
    one means."""
    ngrams: Annotated[int, Field(ge=1, le=10)] = 1
    """Maximum n-gram length: 2 appends all pairs of adjacent words to each text, 3 also all triples. Default: words
    only."""
    lower: bool = True
    """Convert texts to lower case (unicode: case folding, which also turns ß into ss)."""

    def outline(self, task: Task) -> Task:
        check_texts(self, task)
        if self.rules == "spaces" and (self.by != "word" or self.ngrams > 1):
            raise ConfigError("rules: spaces gives the words as they are: remove 'by' and 'ngrams'.")
        if self.rules != "spaces" and any(output.is_per_step for output in task.outputs.values()):
            raise ConfigError("each token has a class, so that tokens must stay as they are: set 'rules: spaces'.")
        return task.with_input(Input("sequence", (None,), self.vocabulary))

    def measured(self, task: Task, state: State) -> Task:
        words = ("",) * self._first + tuple(tokenizer.unpacked(state))
        size = self.vocabulary or len(words)
        words += ("",) * (size - len(words))
        return task.with_input(replace(task.input, vocabulary=size, words=words))

    def fit_apply(self, rows: Rows, task: Task) -> tuple[State, Rows]:
        single = self._single(texts_of(self, rows))
        found = self._with_ngrams(single)
        state = self._vocabulary(found.distinct, found.counts())
        state["unknown"] = np.array(_unknown(single, state).mean() if len(single.rows.values) else 0.0)
        return state, self._integers(rows, found, state)

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        single: Counter[str] = Counter()
        ngrams: Counter[str] = Counter()
        for rows in pieces.blocks():
            own = self._single(texts_of(self, rows))
            found = self._with_ngrams(own)
            counts = dict(zip(found.distinct, found.counts().tolist(), strict=True))
            single.update({term: counts.pop(term) for term in own.distinct})
            ngrams.update(counts)
        distinct = [*single, *self._in_order(ngrams, [*single])]
        state = self._vocabulary(distinct, np.array([single[term] or ngrams[term] for term in distinct], np.int64))
        known = set(tokenizer.unpacked(state))
        unknown = sum(count for term, count in single.items() if term not in known)
        state["unknown"] = np.array(unknown / single.total())
        return state

    def _in_order(self, ngrams: Counter[str], single: list[str]) -> list[str]:
        """Return the n-grams in the order of `with_ngrams`: short ones first, by the numbers of their terms."""
        number_of = {term: number for number, term in enumerate(single)}
        terms = {gram: gram.split(" ") if self.by == "word" else list(gram) for gram in ngrams}
        numbers = {gram: [number_of[term] for term in own] for gram, own in terms.items()}
        return sorted(ngrams, key=lambda gram: (len(numbers[gram]), numbers[gram]))

    def fit(self, rows: Rows, task: Task) -> State:
        return self.fit_apply(rows, task)[0]

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        texts = texts_of(self, rows)
        found = self._single(texts)
        unknown, lengths = _unknown(found, state), np.diff(found.rows.splits)
        holding = np.bincount(np.repeat(np.arange(len(rows)), lengths)[unknown], minlength=len(rows))
        lost = holding == lengths
        unfamiliar = []
        if lost.any():
            examples = counted(texts[lost].tolist())
            unfamiliar.append(Unfamiliar("text", f"no known {self.by}", int(lost.sum()), len(rows), examples))
        if unknown.any():
            words = counted(found.distinct[number] for number in found.rows.values[unknown].tolist())
            usual = f", of training texts {float(state['unknown']):.1%}" if "unknown" in state else ""
            known = f"{unknown.mean():.1%} of all {self.by}s{usual}"
            count = int((holding > 0).sum())
            unfamiliar.append(Unfamiliar("text", f"unknown {self.by}s", count, len(rows), words, known, is_usual=True))
        return unfamiliar

    def apply(self, rows: Rows, state: State) -> Rows:
        return self._integers(rows, self._with_ngrams(self._single(texts_of(self, rows))), state)

    def _vocabulary(self, distinct: list[str], counts: np.ndarray) -> State:
        """Return the most frequent terms."""
        if not distinct:
            raise DataError(f"tokenize: the training texts contain no {self.by}s, so the vocabulary would be empty.")
        most = None if self.vocabulary is None else self.vocabulary - self._first
        return tokenizer.packed([distinct[number] for number in self._ranked(distinct, counts)[:most]])

    def _integers(self, rows: Rows, found: Terms, state: State) -> Rows:
        """Return the rows with terms replaced by their integers."""
        integer_of = {word: integer for integer, word in enumerate(tokenizer.unpacked(state), self._first)}
        integers = np.array([integer_of.get(term, self._first - 1) for term in found.distinct], np.int32)
        sequences = Sequences(integers[found.rows.values], found.rows.splits)
        return rows.with_x(sequences.only(sequences.values > 0))

    def files(self, state: State) -> dict[str, str]:
        marks = [_UNKNOWN] * (self._first - 1)
        return {"vocabulary.txt": "".join(f"{on_a_line(word)}\n" for word in [*marks, *tokenizer.unpacked(state)])}

    @property
    def _first(self) -> int:
        """The integer of the most frequent word."""
        return 2 if self.rules in ("keras", "spaces") else 1

    def _single(self, texts: np.ndarray) -> Terms:
        """Return the words or characters of each text."""
        cut = tokenizer.words if self.by == "word" else tokenizer.characters
        return cut(texts, self.rules, lower=self.lower)

    def _with_ngrams(self, found: Terms) -> Terms:
        return tokenizer.with_ngrams(found, self.ngrams, " " if self.by == "word" else "") if self.ngrams > 1 else found

    def _ranked(self, distinct: list[str], counts: np.ndarray) -> np.ndarray:
        """Return the numbers of the terms, the most frequent first."""
        numbers = np.arange(len(distinct))  # ties: the first to appear comes first, as in the book
        if self.rules == "keras":  # ties: the last in the alphabet comes first
            numbers = np.array(sorted(numbers, key=distinct.__getitem__, reverse=True))
        return numbers[np.argsort(-counts[numbers], kind="stable")]


def _unknown(found: Terms, state: State) -> np.ndarray:
    """Return which terms of the texts are not in the vocabulary: (total,) bool."""
    known = set(tokenizer.unpacked(state))
    return np.array([term not in known for term in found.distinct], np.bool_)[found.rows.values]


def check_texts(transform: Transform, task: Task) -> None:
    """Raise ConfigError if the rows are not texts."""
    if task.input.kind != "text":
        raise ConfigError(f"{transform.name} requires texts, not {task.input}.")


def texts_of(transform: Transform, rows: Rows) -> np.ndarray:
    """Return the texts of the rows: (rows,) str objects."""
    if not isinstance(rows.x, Texts):
        raise ConfigError(f"{transform.name} requires texts.")
    return rows.x.values
