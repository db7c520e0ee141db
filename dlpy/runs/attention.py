"""Reads what a seq2seq model looks at while it writes, from samples/attention.npz."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.runs.arrays import Arrays, moderate, parsed, positions, there
from dlpy.storage.npz import ArraysError


@dataclass(frozen=True)
class ReadTokens:
    """How much of each source token a model reads for each token that it writes.

    weights: (written tokens, source tokens).
    """

    source: list[str]
    written: list[str]
    weights: np.ndarray


def read_attention(path: Path) -> list[ReadTokens]:
    """Return what was stored of some rows; nothing if there is no file.

    Raises:
        RunError: the file is damaged.
    """
    return parsed(path, _rows) or []


def _rows(arrays: Arrays) -> list[ReadTokens]:
    weights = moderate(arrays, "weights", 3)
    sides = [
        _tokens(arrays, name, weights.shape[0], size) for name, size in zip(_SIDES, weights.shape[1:], strict=True)
    ]
    return [
        ReadTokens(source, written, found[: len(written), : len(source)])
        for found, written, source in zip(weights, *sides, strict=True)
    ]


_SIDES = ("written", "source")


def _tokens(arrays: Arrays, name: str, rows: int, size: int) -> list[list[str]]:
    """Return the tokens of each row without padding."""
    found, lengths = there(arrays, name), positions(arrays, f"{name}_length")
    if found.dtype.kind != "U" or found.shape != (rows, size):
        raise ArraysError(f"'{name}' is of type {found.dtype} and shape {found.shape}")
    if lengths.shape != (rows,) or not ((lengths > 0) & (lengths <= size)).all():
        raise ArraysError(f"'{name}_length' does not fit '{name}'")
    return [row[:length] for row, length in zip(found.tolist(), lengths.tolist(), strict=True)]
