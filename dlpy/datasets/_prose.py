"""What the datasets of running text share: its tokens, windows of them, and parts in the order of the text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.dataset import Dataset
from dlpy.components.transform import Transform
from dlpy.core.errors import DataError, reading
from dlpy.data.features import Passages
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout
from dlpy.data.task import Input, Output, Task
from dlpy.data.text import vocabulary
from dlpy.data.text.vocabulary import By, Vocabulary
from dlpy.datasets._series import held_out, thinned
from dlpy.stand_ins.prose import prose
from dlpy.transforms.tokens import Tokens

_TRAIN, _VALIDATION, _TEST = range(3)
_PARTS = {_TRAIN: "training", _VALIDATION: "validation", _TEST: "test"}
_BOOKS_STEP = 3
_STAND_IN_CHARACTERS = 400_000
_FEW_CHARACTERS = 40_000
_STAND_IN_PARTS = 5  # what is held out of a stand-in is at most so small a part of it, and holds so many windows
_LONGEST_WORD = 8  # characters, on average


class Prose(Dataset):
    """Windows of a text, and the token that follows. The vocabulary is that of the training part."""

    in_time_order = True

    by: By = "character"
    """What a token is: a character; or a word, a punctuation mark or a line break."""
    lower: bool = False
    """Make capital letters small."""
    window: Annotated[int, Field(ge=2)] = 60
    """How many tokens a window holds."""
    step: Annotated[int, Field(ge=1)] | None = None
    """How far after one window the next begins: a whole window with `targets: every`, else 3, unless given."""
    targets: Literal["every", "last"] = "every"
    """What is learnt: what follows every token of a window, or, as in the book, only what follows the window."""
    vocabulary: Annotated[int, Field(ge=3)] | None = None
    """How many different tokens there may be: the most frequent, the last one standing for all others; null: all."""
    validation: Holdout | None = Holdout(fraction=0.1)
    """Tokens held out to watch training: the last of those that are no test tokens. No window reaches into them."""
    test: Holdout | None = Holdout(fraction=0.1)
    """Tokens kept aside for `dlpy evaluate`: the last ones of the text."""

    @model_validator(mode="after")
    def _possible(self) -> Prose:
        for key, holdout in (("validation", self.validation), ("test", self.test)):
            if holdout and (holdout.take == "random" or holdout.stratify):
                raise ValueError(f"{key}: a text is held out in its own order: take first or last")
        if self.test and (self.test.use or self.test.column):
            raise ValueError("'test' says which tokens are test tokens: a fraction, a count, or rows: [first, last]")
        if self.targets == "every" and self.step is not None and self.step > self.window:
            raise ValueError(f"step: {self.step} leaves out the text between windows of {self.window} tokens")
        if self.transforms:
            raise ValueError("transforms: a text's tokens go into the model as they are: leave this out")
        return self

    def outline(self) -> Task:
        return self._task(Vocabulary((), self.by, self.lower))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        least = _STAND_IN_CHARACTERS if limit is None else _FEW_CHARACTERS
        holdouts = [holdout for holdout in (self.validation, self.test) if holdout]
        held = sum(holdout.count or (holdout.rows or [0])[-1] for holdout in holdouts)
        tokens = _STAND_IN_PARTS * max(held, _STAND_IN_PARTS * self.window)
        text = prose(seed, max(least, tokens * (_LONGEST_WORD if self.by == "word" else 1)))
        loaded = self.loaded(text, Source("stand-in", f"a generated stand-in for {self.name}"))
        return replace(loaded, train=thinned(loaded.train, limit), test=thinned(loaded.test, limit))

    def loaded(self, text: str, source: Source) -> Loaded:
        """Return the windows of a text that lie in one part of it, those of the test part apart."""
        found = vocabulary.pieces(text, self.by, lower=self.lower)
        tokens, name = len(found.rows.values), source.description
        if tokens <= self.window:
            raise DataError(f"{name} holds {tokens:,} {self.by}s; a window and what follows take {self.window + 1:,}.")
        part = self._parts(tokens)
        known, numbers = vocabulary.learn(found, part == _TRAIN, self.by, self.vocabulary, lower=self.lower)
        starts = self._starts(part)
        passages = Passages(numbers, starts, self.window, self.targets == "every", known.words)
        rows = Rows.single(passages, passages.following())
        test = part[starts] == _TEST
        train, held = rows.take(np.flatnonzero(~test)), rows.take(np.flatnonzero(test)) if self.test else None
        notes = (_about(known, part, numbers),)
        return Loaded(train, held, self._task(known), source, {"step": self._step}, notes)

    def divided(self, loaded: Loaded, holdout: Holdout) -> tuple[np.ndarray, np.ndarray]:
        passages = loaded.train.x
        if not isinstance(passages, Passages):
            raise TypeError("a text is held as passages")
        part = self._parts(len(passages.tokens))[passages.starts]
        return np.flatnonzero(part == _TRAIN), np.flatnonzero(part == _VALIDATION)

    def steps(self) -> list[Transform]:
        return [Tokens(by=self.by, lower=self.lower)]

    @property
    def _step(self) -> int:
        return self.step or (self.window if self.targets == "every" else _BOOKS_STEP)

    def _task(self, known: Vocabulary) -> Task:
        size = len(known.words) or None
        given = Input("sequence", (self.window,), size, words=known.words)
        return Task.single(given, Output("tokens", size, steps=self.window if self.targets == "every" else None))

    def _parts(self, tokens: int) -> np.ndarray:
        """Return the part that each token is of: (tokens,) int8."""
        part = np.zeros(tokens, np.int8)
        for number, holdout in ((_TEST, self.test), (_VALIDATION, self.validation)):
            if holdout is not None and not holdout.use:
                free = np.flatnonzero(part == _TRAIN)
                part[held_out(holdout, free, tokens, f"data.{_PARTS[number]}")] = number
        return part

    def _starts(self, part: np.ndarray) -> np.ndarray:
        """Return where windows begin, from the beginning of each part on: (windows,) int32.

        Raises:
            DataError: a part is too short for a window and what follows it.
        """
        ends = np.append(np.flatnonzero(np.diff(part)) + 1, len(part))
        begins = np.append(0, ends[:-1])
        spans = [np.arange(begin, end - self.window, self._step) for begin, end in zip(begins, ends, strict=True)]
        starts = np.concatenate(spans).astype(np.int32)
        for number in np.unique(part):
            if not np.any(part[starts] == number):
                held = f"the {_PARTS[number]} part holds {np.count_nonzero(part == number):,} {self.by}s"
                raise DataError(f"{held}; a window and what follows take {self.window + 1:,}: use a smaller window.")
        return starts


def read_text(path: Path) -> str:
    """Return what a text file holds, line breaks as \\n.

    Raises:
        DataError: it cannot be read, or is no UTF-8.
    """
    with reading(path):
        held = path.read_bytes()
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is no UTF-8 text: byte {error.start:,} is {held[error.start]:#04x}. Save it as UTF-8."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _about(known: Vocabulary, part: np.ndarray, numbers: np.ndarray) -> str:
    """Return how many tokens there are, and how many held-out ones the training part lacks."""
    told = f"{len(numbers):,} {known.by}s, {int(known.writable().sum()):,} different ones known"
    if all(known.words):
        return told
    unknown, names = numbers == len(known.words) - 1, _PARTS.items()
    counts = [f"{np.count_nonzero(unknown & (part == number)):,} {name}" for number, name in names if number in part]
    return f"{told}; the others count as one unknown: {', '.join(counts)} {known.by}s"
