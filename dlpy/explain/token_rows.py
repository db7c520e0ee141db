"""The tokens of a row as the network sees them, in the order of the text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.features import Padded, Sequences, Sparse
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.training.evaluate import Trained


@dataclass(frozen=True)
class TokenRow:
    """A text as the network sees it.

    rows: the one row after the transforms. integers: (tokens,) in the order of the text. words: of these.
    """

    rows: Rows
    integers: np.ndarray
    words: tuple[str, ...]

    @property
    def is_bag(self) -> bool:
        """Whether the network sees which words there are, but not their order."""
        return isinstance(self.rows.x, Sparse)


@dataclass(frozen=True)
class TokenReader:
    """Turns texts into tokens with the transforms of a run.

    words: the word of each integer, "" where it is not known.
    """

    trained: Trained
    words: tuple[str, ...]

    @classmethod
    def of(cls, trained: Trained, task: Task) -> TokenReader:
        """Return the reader of a run.

        Args:
            task: before the transforms, with the words of integers if the data knows them.
        """
        pairs = zip(trained.pipeline.transforms, trained.pipeline.states, strict=True)
        words = task.input.words
        for transform, state in pairs:
            task = transform.measured(transform.outline(task), state)
            words = task.input.words or words
        return cls(trained, words)

    def read(self, raw: Rows) -> TokenRow:
        """Return a row's tokens.

        Raises:
            ConfigError: the network sees neither sequences nor bags of words.
        """
        rows, x = self.trained.applied(raw), None
        if isinstance(rows.x, Padded):
            integers = rows.x.values
        elif isinstance(rows.x, Sparse):
            x = self._sequence(raw)
            own = x.values if isinstance(x, Sequences) else rows.x.columns
            integers = own[np.isin(own, rows.x.columns)]
        else:
            raise ConfigError("the run turns texts into neither padded sequences nor bags of words: no token is seen.")
        return TokenRow(rows, integers, tuple(self.word(int(number)) for number in integers))

    def word(self, integer: int) -> str:
        """Return the word of an integer, or #12 if it is not known."""
        found = self.words[integer] if integer < len(self.words) else ""
        return found or f"#{integer}"

    @property
    def separator(self) -> str:
        """What stands between two tokens: a space, or nothing between characters."""
        return "" if self.words and max(map(len, self.words)) == 1 else " "

    def _sequence(self, raw: Rows) -> Sequences | None:
        """Return the integers of a row in the order of the text, before they become a bag."""
        found, rows = None, raw
        for transform, state in zip(self.trained.pipeline.transforms, self.trained.pipeline.states, strict=True):
            rows = transform.apply(rows, state)
            found = rows.x if isinstance(rows.x, Sequences) else found
        return raw.x if found is None and isinstance(raw.x, Sequences) else found
