"""Word vectors that were learnt elsewhere: GloVe's and word2vec's text files."""

from __future__ import annotations

import zlib
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError, reading

_MOST_CHARACTERS, _MOST_NUMBERS = 1_000_000, 10_000  # of a line: what has no lines is not read into memory


@lru_cache(maxsize=2)
def read_vectors(path: str, words: tuple[str, ...], size: int | None = None) -> tuple[np.ndarray, int]:
    """Return the vectors of the words, zeros for those the file lacks, and how many of them it has.

    A line is a word and its numbers, a space between; a first line of two whole numbers (word2vec's) is passed over.

    Args:
        path: the file, UTF-8.
        words: in the order of the rows wanted; "" for rows that stand for no word.
        size: how many numbers a vector should have; as in the file unless given.

    Raises:
        DataError: there is no such file, or a line is not a word and as many numbers as in the lines before.
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
                    raise DataError(f"{path}:{number}: '{word}' has {numbers} numbers, not the {wanted} expected.")
                row = rows.get(word)
                if row is not None:
                    matrix[row] = _numbers(rest, path, number)
                    found += 1
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8: expected a text file of a word and its numbers a line.") from None
    if found == 0:
        raise DataError(f"{path} has none of the {len(rows):,} words of the vocabulary.")
    return matrix, found


@lru_cache(maxsize=1)
def stand_in_vectors(words: tuple[str, ...], size: int) -> np.ndarray:
    """Return vectors that nobody learnt, the same for the same word wherever it is: (words, size) float32."""
    vectors = [np.random.default_rng(zlib.crc32(word.encode())).normal(scale=0.4, size=size) for word in words]
    return np.array(vectors, np.float32) * np.array([word != "" for word in words])[:, None]


def _numbers(text: str, path: str, number: int) -> np.ndarray:
    try:
        values = np.array(text.split(" "), np.float32)
    except ValueError:
        raise DataError(f"{path}:{number}: '{text[:40]}' is not numbers with a space between.") from None
    if not np.isfinite(values).all():
        raise DataError(f"{path}:{number}: a number is not finite.")
    return values
