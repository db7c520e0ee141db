"""Pretrained word vectors from text files in GloVe or word2vec format."""

from __future__ import annotations

import zlib
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError, reading

_MOST_CHARACTERS, _MOST_NUMBERS = 1_000_000, 10_000  # per line: a file without line breaks is not read into memory


@lru_cache(maxsize=2)
def read_vectors(path: str, words: tuple[str, ...], size: int | None = None) -> tuple[np.ndarray, int]:
    """Return the vectors of the words, with zeros for words not in the file, and the number of words found.

    A line contains a word and its numbers, separated by spaces; a first line with two integers (word2vec) is skipped.

    Args:
        path: a UTF-8 text file.
        words: one per row of the result; "" for rows without a word.
        size: expected vector length. Default: as in the file.

    Raises:
        DataError: the file does not exist, or a line is not a word followed by the expected number of numbers.
    """
    rows = {word: number for number, word in enumerate(words) if word}
    matrix = np.zeros((len(words), size or 0), np.float32)
    found = 0
    try:
        with reading(Path(path)), Path(path).open(encoding="utf-8") as file:
            for number, line in enumerate(iter(partial(file.readline, _MOST_CHARACTERS), ""), 1):
                word, _, rest = line.rstrip("\n ").partition(" ")
                numbers = rest.count(" ") + 1 if rest else 0
                if number == 1 and numbers == 1 and word.isdecimal() and rest.isdecimal():
                    continue
                if matrix.shape[1] == 0:
                    matrix = np.zeros((len(words), min(numbers, _MOST_NUMBERS)), np.float32)
                if numbers != matrix.shape[1] or numbers == 0:
                    wanted = f"{matrix.shape[1]} numbers" if matrix.shape[1] else "numbers"
                    raise DataError(f"{path}:{number}: '{word}' has {numbers} numbers, expected {wanted}.")
                row = rows.get(word)
                if row is not None:
                    matrix[row] = _numbers(rest, path, number)
                    found += 1
    except UnicodeDecodeError:
        raise DataError(
            f"{path} is not UTF-8; expected a text file with a word and its numbers on each line."
        ) from None
    if found == 0:
        raise DataError(f"{path} contains none of the {len(rows):,} words of the vocabulary.")
    return matrix, found


@lru_cache(maxsize=1)
def stand_in_vectors(words: tuple[str, ...], size: int) -> np.ndarray:
    """Return random vectors that depend only on the word: (words, size) float32."""
    vectors = [np.random.default_rng(zlib.crc32(word.encode())).normal(scale=0.4, size=size) for word in words]
    return np.array(vectors, np.float32) * np.array([word != "" for word in words])[:, None]


def _numbers(text: str, path: str, number: int) -> np.ndarray:
    try:
        values = np.array(text.split(" "), np.float32)
    except ValueError:
        raise DataError(f"{path}:{number}: '{text[:40]}' is not a list of numbers separated by spaces.") from None
    if not np.isfinite(values).all():
        raise DataError(f"{path}:{number}: a number is not finite.")
    return values
