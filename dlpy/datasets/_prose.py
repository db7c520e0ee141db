"""Base class of the language-modelling datasets: tokens, windows, and splits in text order."""

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
from dlpy.datasets._series_parts import Parts, divided
from dlpy.datasets._series_spans import thinned
from dlpy.stand_ins.prose import prose
from dlpy.transforms.tokens import Tokens

_TRAIN, _VALIDATION, _TEST = range(3)
_PARTS = {_TRAIN: "training", _VALIDATION: "validation", _TEST: "test"}
_BOOKS_STEP = 3
_STAND_IN_CHARACTERS = 400_000
_FEW_CHARACTERS = 40_000
_STAND_IN_PARTS = 5  # each split held out of a stand-in is at most 1/5 of its tokens and contains at least 5 windows
_LONGEST_WORD = 8  # characters, on average


class Prose(Dataset):
    """Windows of a text with the next token as the target. The vocabulary comes from the training split."""

    in_time_order = True

    by: By = "character"
    """What a token is: character; or word, where punctuation marks and line breaks are tokens too."""
    lower: bool = False
    """Convert the text to lower case."""
    window: Annotated[int, Field(ge=2)] = 60
    """Length of a window in tokens."""
    step: Annotated[int, Field(ge=1)] | None = None
    """Distance between the starts of two windows, in tokens. Default: `window` with `targets: every`, otherwise 3."""
    targets: Literal["every", "last"] = "every"
    """Predict the next token at every position of a window (every), or only the one after it (last), as in the book."""
    vocabulary: Annotated[int, Field(ge=3)] | None = None
    """Maximum vocabulary size: keep the most frequent tokens and map all others to one unknown token. Default: no
    limit."""
    validation: Holdout | None = Holdout(fraction=0.1)
    """Validation tokens: a fraction or a count, taken from the end before the test tokens, or rows: [first, last]."""
    test: Holdout | None = Holdout(fraction=0.1)
    """Test tokens, used only by `dlpy evaluate`: a fraction or a count, taken from the end, or rows: [first, last]."""

    @model_validator(mode="after")
    def _possible(self) -> Prose:
        for key, holdout in (("validation", self.validation), ("test", self.test)):
            if holdout and (holdout.take == "random" or holdout.stratify):
                raise ValueError(f"{key}: a text can only be split in its own order: set take to first or last")
        if self.test and (self.test.use or self.test.column):
            raise ValueError("'test' should be a fraction, a count, or rows: [first, last]")
        if self.targets == "every" and self.step is not None and self.step > self.window:
            raise ValueError(
                f"step: {self.step} is larger than the window of {self.window} tokens and would skip text; use less"
            )
        if self.transforms:
            raise ValueError(
                "transforms: not supported for this dataset (tokens are fed to the model unchanged); remove it"
            )
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
        """Return the windows of a text that lie within one split, test windows separately."""
        found = vocabulary.pieces(text, self.by, lower=self.lower)
        tokens, name = len(found.rows.values), source.description
        if tokens <= self.window:
            raise DataError(f"{name} has {tokens:,} {self.by}s; a window and its target need {self.window + 1:,}.")
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
            raise TypeError("expected the rows to be Passages")
        part = self._parts(len(passages.tokens))[passages.starts]
        return np.flatnonzero(part == _TRAIN), np.flatnonzero(part == _VALIDATION)

    def all_transforms(self) -> list[Transform]:
        return [Tokens(by=self.by, lower=self.lower)]

    @property
    def _step(self) -> int:
        return self.step or (self.window if self.targets == "every" else _BOOKS_STEP)

    def _task(self, known: Vocabulary) -> Task:
        size = len(known.words) or None
        given = Input("sequence", (self.window,), size, words=known.words)
        return Task.single(given, Output("tokens", size, steps=self.window if self.targets == "every" else None))

    def _parts(self, tokens: int) -> np.ndarray:
        """Return the split of each token: (tokens,) int8."""
        given = ((_TEST, self.test), (_VALIDATION, self.validation))
        holdouts = [(number, one, f"data.{_PARTS[number]}") for number, one in given if one is not None and not one.use]
        return Parts.of(divided(tokens, holdouts)).each()

    def _starts(self, part: np.ndarray) -> np.ndarray:
        """Return the start of every window, counted from the start of each split: (windows,) int32.

        Raises:
            DataError: a split is too short for a window and its target.
        """
        ends = np.append(np.flatnonzero(np.diff(part)) + 1, len(part))
        begins = np.append(0, ends[:-1])
        spans = [np.arange(begin, end - self.window, self._step) for begin, end in zip(begins, ends, strict=True)]
        starts = np.concatenate(spans).astype(np.int32)
        for number in np.unique(part):
            if not np.any(part[starts] == number):
                held = f"the {_PARTS[number]} split has {np.count_nonzero(part == number):,} {self.by}s"
                raise DataError(f"{held}; a window and its target need {self.window + 1:,}. Use a smaller window.")
        return starts


def read_text(path: Path) -> str:
    """Return the contents of a text file, with line breaks as \\n.

    Raises:
        DataError: it cannot be read or is not UTF-8.
    """
    with reading(path):
        held = path.read_bytes()
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text: byte {error.start:,} is {held[error.start]:#04x}. Save it as UTF-8."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _about(known: Vocabulary, part: np.ndarray, numbers: np.ndarray) -> str:
    """Return a line with the number of tokens, the vocabulary size, and the unknown tokens in each split."""
    line = f"{len(numbers):,} {known.by}s, vocabulary of {int(known.writable().sum()):,}"
    if all(known.words):
        return line
    unknown, names = numbers == len(known.words) - 1, _PARTS.items()
    counts = [f"{np.count_nonzero(unknown & (part == number)):,} {name}" for number, name in names if number in part]
    return f"{line}; unknown {known.by}s: {', '.join(counts)}"
