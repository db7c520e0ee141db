"""What a run keeps of its training text, so that its model can generate text without the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.core.errors import RunError
from dlpy.data.features import Passages
from dlpy.data.text.vocabulary import By, Vocabulary
from dlpy.runs.directory import Run
from dlpy.storage.npz import read_npz

_OPENINGS = 16
_PREFIX = "0."  # of the first transform's arrays in transforms.npz


@dataclass(frozen=True)
class Memory:
    """The vocabulary of a text, and windows of its training part to start from.

    openings: (windows, tokens) int32, from the first to the last window.
    """

    vocabulary: Vocabulary
    openings: np.ndarray

    @classmethod
    def of_text(cls, passages: Passages, by: By, *, lower: bool) -> Memory:
        """Return the memory of the training part of a text."""
        some = np.linspace(0, len(passages) - 1, min(_OPENINGS, len(passages))).astype(np.int64)
        return cls(Vocabulary(passages.words, by, lower), passages.take(some).numbers())

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray]) -> Memory:
        """Return the memory from its `arrays`."""
        vocabulary, openings = Vocabulary.of(arrays), arrays["openings"]
        if openings.ndim != 2 or openings.dtype.kind not in "iu" or not openings.size:
            raise ValueError(f"its windows have dtype {openings.dtype} and shape {openings.shape}")
        if openings.min() < 0 or openings.max() >= len(vocabulary.words):
            raise ValueError("its windows contain tokens outside its vocabulary")
        return cls(vocabulary, openings)

    @classmethod
    def read(cls, run: Run) -> Memory:
        """Return the memory of a run.

        Raises:
            RunError: transforms.npz is missing or damaged.
        """
        try:
            stored = read_npz(run.transforms)
            return cls.of({name.removeprefix(_PREFIX): stored[name] for name in stored if name.startswith(_PREFIX)})
        except (OSError, ValueError, KeyError) as error:
            raise RunError(f"{run.transforms} is missing or damaged: {error}.") from None

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the memory as arrays for an npz file."""
        return self.vocabulary.arrays() | {"openings": self.openings}

    def opening(self, seed: int) -> np.ndarray:
        """Return a window to start from: (tokens,) int32."""
        return self.openings[seed % len(self.openings)]

    def continued(self, opening: np.ndarray, tokens: np.ndarray) -> str:
        """Return the text of the tokens that continue an opening."""
        spell = self.vocabulary.text
        return spell(np.append(opening, tokens)).removeprefix(spell(opening))
