"""Stretches of a text as rows."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Passages:
    """Windows of a text, cut out only when their batch is needed, and what follows in it.

    tokens: (tokens,) int32, the whole text, shared by all rows. starts: (rows,) int32. length: tokens in a window.
    every: whether what follows each token of a window is wanted, or only what follows the window.
    words: what each number stands for; "" stands for every token that is not among them.
    """

    tokens: np.ndarray
    starts: np.ndarray
    length: int
    every: bool
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the array it stands for: (rows, length)."""
        return len(self.starts), self.length

    def take(self, rows: np.ndarray) -> "Passages":
        """Return the chosen rows, in that order."""
        return replace(self, starts=self.starts[rows])

    def numbers(self) -> np.ndarray:
        """Return the array it stands for: (rows, length) int32."""
        return self.tokens[self.starts[:, None] + np.arange(self.length)]

    def following(self) -> np.ndarray:
        """Return the token behind each window: (rows,) int32."""
        return self.tokens[self.starts + self.length]

    def wanted(self) -> np.ndarray:
        """Return how often each token is what follows, over all rows: (words,) int64."""
        if not self.every:
            return np.bincount(self.following(), minlength=len(self.words))
        edges = np.zeros(len(self.tokens) + 1, np.int64)
        np.add.at(edges, self.starts + 1, 1)
        np.add.at(edges, self.starts + self.length + 1, -1)
        times = np.cumsum(edges[:-1])
        return np.bincount(self.tokens, times, len(self.words)).astype(np.int64)
