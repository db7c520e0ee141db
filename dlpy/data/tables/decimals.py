"""Fast parsing of decimals from bytes, millions per second: eight digits of a cell at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

PAD = 25  # bytes required before the first cell, so that whole words can be read there

MOST_DIGITS = 18  # the largest integer with this many digits fits into 64 bits
EXACT_DIGITS = 15  # the number is always the nearest float64

_CHUNK = 1 << 14  # cells parsed at once; their arrays stay in the processor's cache
_BEYOND, _HALF = 0x7FF, 0x400  # the bits that float64 lacks, and their middle
_ZEROS, _SIXES, _THREES, _HIGH_HALVES = (int.from_bytes(bytes([value]) * 8) for value in (0x30, 0x06, 0x33, 0xF0))
_LOW_OF_FOUR = 0x000000FF000000FF


def number(text: str) -> float | None:
    """Return the text as a finite number, or None if it is not one."""
    if "_" in text or not text.isascii():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def is_padded(text: str) -> bool:
    """Return whether a text is an integer with leading zeros, such as 00123: it may be a code."""
    return text[:1] == "0" and len(text) > 1 and text.isascii() and text.isdigit()


def is_number(text: str) -> bool:
    """Return whether the text is a number for Python, including infinity and NaN."""
    try:
        float(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Cells:
    """Positions of cells: cell i is `buffer[starts[i]:ends[i]]`, with its first dot at `dots[i]`, or its end if none.

    buffer: (bytes,) uint8, whose first `PAD` bytes belong to no cell. starts, dots, ends: (cells,) int64.
    """

    buffer: np.ndarray
    starts: np.ndarray
    dots: np.ndarray
    ends: np.ndarray

    def of_columns(self, columns: Sequence[int], width: int) -> Cells:
        """Return the cells in some columns of rows that have `width` cells each."""
        chosen = [one.reshape(-1, width)[:, columns].ravel() for one in (self.starts, self.dots, self.ends)]
        return Cells(self.buffer, *chosen)


def parse(cells: Cells, most_digits: int = MOST_DIGITS) -> tuple[np.ndarray, np.ndarray]:
    """Return the number in each cell, and whether the cell is a plain decimal such as -12.5: (cells,) float64 and bool.

    The number is the nearest float64. It is undefined for cells that are not plain decimals (1e5, nan, 19 digits,
    00123). A few cells of over 15 digits are not called plain either: their nearest float64 cannot be told here.
    """
    values, plain = np.empty(len(cells.starts)), np.empty(len(cells.starts), np.bool_)
    words = np.ndarray(len(cells.buffer) - 7, "<u8", cells.buffer, strides=(1,))  # one word begins at every byte
    for begin in range(0, len(values), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        first = cells.buffer[cells.starts[part]]
        negative = first == ord("-")
        dots, ends = cells.dots[part], cells.ends[part]
        after = ends - dots - 1  # digits after the dot; -1 without a dot
        digits = ends - cells.starts[part] - (negative | (first == ord("+"))) - (after >= 0)
        whole, good = _without_dot(words, ends, digits, after)
        plain[part] = good & (digits > 0) & (digits <= most_digits)
        zeros = np.flatnonzero(first == ord("0"))  # 00123 may be a code: its text is kept
        plain[part][zeros[(digits[zeros] > 1) & (after[zeros] < 0)]] = False
        number = whole / _tens().take(after, mode="clip")
        long = np.flatnonzero(plain[part] & (digits > EXACT_DIGITS))
        number[long], plain[part][long] = _rounded_once(whole[long], after[long])
        values[part] = np.negative(number, out=number, where=negative)
    return values, plain


def _rounded_once(whole: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return integers, with `after` digits behind the dot, as float64, and whether each is the nearest one.

    A quotient of 64 bits is rounded to 53 bits. Both roundings together err only where the first one gave the middle
    between two float64.
    """
    if not _has_64_bits():
        return np.zeros(len(whole)), np.zeros(len(whole), np.bool_)
    quotient = whole.astype(np.longdouble) / _long_tens().take(after, mode="clip")
    bits = quotient.view(np.uint64)[::2]
    return quotient.astype(np.float64), (bits & _BEYOND) != _HALF


def _without_dot(
    words: np.ndarray, ends: np.ndarray, digits: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each cell as an integer without its dot, and whether the rest are digits."""
    behind = np.where(after < 0, 3 * 8, after)
    value, good = _eight_digits(_joined(words, ends, behind), digits)
    most = digits.max()
    for done in (8, 16):
        if most > done:
            more, also_good = _eight_digits(_joined(words, ends - done, behind - done), digits - done)
            value, good = value + more * 10**done, good & also_good
    return value, good


def _joined(words: np.ndarray, ends: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Return the eight bytes before each end, without the dot that is followed by `behind` of them."""
    keep = _masks().take(behind, mode="clip")
    return (words[ends - 8] & keep) | (words[ends - 9] & ~keep)


def _eight_digits(word: np.ndarray, digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number in the last bytes of each word, and whether these bytes are digits.

    Adjacent digits are combined to pairs, pairs to fours, and fours to eight, all within one 64-bit word.
    """
    keep = _masks().take(digits, mode="clip")
    word = (word & keep) | (_ZEROS & ~keep)
    good = ((word & _HIGH_HALVES) | (((word + _SIXES) & _HIGH_HALVES) >> 4)) == _THREES
    word -= _ZEROS
    word = word * 10 + (word >> 8)
    first = (word & _LOW_OF_FOUR) * (100 + (10**6 << 32))
    second = ((word >> 16) & _LOW_OF_FOUR) * (1 + (10**4 << 32))
    return (first + second) >> 32, good


@cache
def _masks() -> np.ndarray:
    """Return the masks for the last bytes of a word, by their number: (9,) uint64."""
    return np.array([2**64 - 2 ** (64 - 8 * count) for count in range(9)], np.uint64)


@cache
def _tens() -> np.ndarray:
    """Return the powers of ten: (19,) float64."""
    return 10.0 ** np.arange(MOST_DIGITS + 1)


@cache
def _long_tens() -> np.ndarray:
    """Return the powers of ten: (19,) longdouble."""
    return np.array([10**count for count in range(MOST_DIGITS + 1)], np.uint64).astype(np.longdouble)


@cache
def _has_64_bits() -> bool:
    """Return whether the longdouble of this machine holds 64 bits, as that of x86 processors does."""
    return bool(np.finfo(np.longdouble).nmant == 63 and np.longdouble(0).itemsize == 16)
