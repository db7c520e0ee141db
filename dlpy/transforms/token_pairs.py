"""Pairs of texts as numbered tokens, for models that translate one into the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError, on_a_line
from dlpy.core.options import Block
from dlpy.data.features import Padded, Sequences, Texts, splits_of
from dlpy.data.rows import Rows
from dlpy.data.task import DECODER, SOURCE, TARGET, Input, Output, State, Task
from dlpy.data.text import marked
from dlpy.data.text.marked import END, MARKS, PADDING, START, MarkedVocabulary
from dlpy.data.text.vocabulary import By
from dlpy.data.unfamiliar import Unfamiliar, counted

_TEXTS = Input("text", (None,))
RAW_TASK = Task({SOURCE: _TEXTS, DECODER: _TEXTS}, {TARGET: Output("tokens", None, per_step=True, has_missing=True)})


class SideTokens(Block):
    """How the texts of one side are split into tokens. The word `character` or `word` alone sets `by`."""

    by: By = "word"
    """What a token is: word, where punctuation marks are tokens too; or character."""
    lower: bool = False
    """Convert the texts to lower case."""
    vocabulary: Annotated[int, Field(ge=len(MARKS) + 1)] | None = None
    """Maximum vocabulary size with its four marks (padding, start, end, unknown): the most frequent training tokens
    are kept. Default: no limit."""
    length: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Maximum number of tokens of a text; longer ones are cut. Default: that of the longest training text."""


def _by(value: Any) -> Any:
    return {"by": value} if isinstance(value, str) else value


AnySideTokens = Annotated[SideTokens, BeforeValidator(_by, json_schema_input_type=By | SideTokens)]


class TokenPairs(Transform):
    """Converts source and target texts to integers. Datasets of such pairs apply it themselves.

    The input `source` is the source text. The input `decoder` is the target text after a start mark, and the target is
    the same text with an end mark, one token ahead; -1 stands for no target. The vocabularies are those of the training
    rows; the run lists them in source-vocabulary.txt and target-vocabulary.txt.
    """

    name: Literal["token_pairs"] = "token_pairs"
    source: AnySideTokens = SideTokens()
    """How source texts are split into tokens, such as character, or {by: word, lower: true, vocabulary: 8000}."""
    target: AnySideTokens = SideTokens()
    """How target texts are split into tokens."""

    def outline(self, task: Task) -> Task:
        if not task.translates or any(given.kind != "text" for given in task.inputs.values()):
            raise ConfigError(f"token_pairs requires source and target texts, not {task.rows}.")
        source, target = (
            Input("sequence", (side.length and side.length + ends,), None, padding="back")
            for side, ends in ((self.source, 0), (self.target, 1))
        )
        output = replace(task.output, steps=target.shape[0])
        return Task({SOURCE: source, DECODER: target}, {TARGET: output})

    def measured(self, task: Task, state: State) -> Task:
        source, target = vocabularies(state)
        given = {
            SOURCE: _sequence(source, source.length),
            DECODER: _sequence(target, target.length + 1),
        }
        output = replace(task.output, units=len(target.all_words), steps=target.length + 1)
        return Task(given, {TARGET: output})

    def fit(self, rows: Rows, task: Task) -> State:
        state: State = {}
        for name, key, side in ((SOURCE, "source", self.source), (DECODER, "target", self.target)):
            texts = _texts(rows, name)
            limits = {"limit": side.vocabulary, "length": side.length}
            try:
                state |= marked.learn(texts, side.by, lower=side.lower, **limits).arrays(key)
            except DataError as error:
                raise DataError(f"{key} texts: {error}") from None
        return state

    def apply(self, rows: Rows, state: State) -> Rows:
        source, target = vocabularies(state)
        numbers = source.numbers(_texts(rows, SOURCE))
        inputs: dict[str, Any] = {SOURCE: _padded(numbers, source.length)}
        length = target.length + 1
        if DECODER not in rows.inputs:  # rows to predict
            starts = np.full(len(rows), START, np.int32)
            inputs[DECODER] = Padded(starts, np.arange(len(rows) + 1), length, front=False)
            return replace(rows, inputs=inputs)
        wanted = target.numbers(_texts(rows, DECODER))
        inputs[DECODER] = _padded(_shifted(wanted), length)
        return replace(rows, inputs=inputs, targets={TARGET: _targets(wanted, target.length)})

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        source, _ = vocabularies(state)
        texts = _texts(rows, SOURCE)
        unknown = [source.unknown(text) for text in texts]
        cut = [text for text in texts if len(source.pieces(text)) > source.length]
        found = []
        if with_some := sum(map(bool, unknown)):
            examples = counted(token for tokens in unknown for token in tokens)
            found.append(Unfamiliar(SOURCE, f"unknown {source.by}s", with_some, len(rows), examples, is_usual=True))
        if cut:
            told = f"cut after {source.length} {source.by}s"
            found.append(Unfamiliar(SOURCE, told, len(cut), len(rows), counted(cut), is_usual=True))
        return found

    def files(self, state: State) -> dict[str, str]:
        return {
            f"{name}-vocabulary.txt": "".join(f"{on_a_line(word)}\n" for word in vocabulary.all_words)
            for name, vocabulary in zip(("source", "target"), vocabularies(state), strict=True)
        }


def vocabularies(state: State) -> tuple[MarkedVocabulary, MarkedVocabulary]:
    """Return the vocabularies of the source and the target."""
    return MarkedVocabulary.of(state, "source"), MarkedVocabulary.of(state, "target")


def _sequence(vocabulary: MarkedVocabulary, length: int) -> Input:
    words = vocabulary.all_words
    return Input("sequence", (length,), len(words), padding="back", words=words)


def _texts(rows: Rows, name: str) -> list[str]:
    texts = rows.inputs[name]
    if not isinstance(texts, Texts):
        raise ConfigError("token_pairs requires texts.")
    return texts.values.tolist()


def _padded(rows: Sequences, length: int) -> Padded:
    return Padded(rows.values, rows.splits, length, front=False)


def _shifted(rows: Sequences) -> Sequences:
    """Return the rows with the start mark in front."""
    return Sequences(np.insert(rows.values, rows.splits[:-1], START).astype(np.int32), _longer(rows))


def _longer(rows: Sequences) -> np.ndarray:
    return splits_of(np.diff(rows.splits) + 1)


def _targets(rows: Sequences, length: int) -> np.ndarray:
    """Return the rows with the end mark behind, and -1 after it: (rows, length + 1) int32."""
    ended = Sequences(np.insert(rows.values, rows.splits[1:], END).astype(np.int32), _longer(rows))
    padded = _padded(ended, length + 1).numbers()
    return np.where(padded == PADDING, np.int32(-1), padded)
