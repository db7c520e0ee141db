"""Numbers from the bytes of a text, millions a second: the digits of a cell are read eight at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PAD = 25  # bytes that must lie before the first cell, so that whole words can be read there

_CHUNK = 1 << 14  # cells worked on at once: what they need stays in the processor's cache
_MOST_DIGITS = 18  # the largest whole number of so many digits fits 64 bits
_TENS = 10.0 ** np.arange(_MOST_DIGITS + 1)


def _every_byte(value: int) -> np.uint64:
    return np.uint64(int.from_bytes(bytes([value]) * 8, "little"))


_ZEROS, _SIXES, _THREES, _HIGH_HALVES = (_every_byte(value) for value in (0x30, 0x06, 0x33, 0xF0))
_LOW_OF_FOUR = np.uint64(0x000000FF000000FF)
_FOUR, _EIGHT, _SIXTEEN, _THIRTY_TWO = (np.uint64(bits) for bits in (4, 8, 16, 32))
_LAST = np.array([2**64 - 2 ** (64 - 8 * count) for count in range(9)], np.uint64)  # masks a word's last bytes


def number(text: str) -> float | None:
    """Return the finite number that the text is, or None."""
    if "_" in text or not text.isascii():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def is_number(text: str) -> bool:
    """Return whether Python takes the text for a number, infinite ones and NaN too."""
    try:
        float(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Cells:
    """Where the cells of a text lie: cell i is `buffer[starts[i]:ends[i]]`, its first dot at `dots[i]`, else its end.

    buffer: (bytes,) uint8, its first `PAD` bytes in no cell. starts, dots, ends: (cells,) int64.
    """

    buffer: np.ndarray
    starts: np.ndarray
    dots: np.ndarray
    ends: np.ndarray


def parse(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return the number in each cell, and whether the cell is a plain decimal such as -12.5: (cells,) float64 and bool.

    Up to 15 digits the nearest float64, with more at most one unit in the last place off. The number of a cell that
    is none, or that is written otherwise (1e5, nan, 19 digits), means nothing.
    """
    values, plain = np.empty(len(cells.starts)), np.empty(len(cells.starts), np.bool_)
    words = np.ndarray(len(cells.buffer) - 7, "<u8", cells.buffer, strides=(1,))  # one begins at every byte
    for begin in range(0, len(values), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        first = cells.buffer[cells.starts[part]]
        negative = first == ord("-")
        dots, ends = cells.dots[part], cells.ends[part]
        after = ends - dots - 1  # digits after the dot; -1 where there is none
        digits = ends - cells.starts[part] - (negative | (first == ord("+"))) - (after >= 0)
        whole, good = _without_dot(words, ends, digits, after)
        plain[part] = good & (digits > 0) & (digits <= _MOST_DIGITS)
        number = whole / _TENS.take(after, mode="clip")
        values[part] = np.negative(number, out=number, where=negative)
    return values, plain


def _without_dot(
    words: np.ndarray, ends: np.ndarray, digits: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the whole number that each cell spells but for its dot, and whether all else are digits."""
    behind = np.where(after < 0, 3 * 8, after)
    value, good = _eight_digits(_joined(words, ends, behind), digits)
    most = digits.max()
    for done in (8, 16):
        if most > done:
            more, also_good = _eight_digits(_joined(words, ends - done, behind - done), digits - done)
            value, good = value + more * np.uint64(10**done), good & also_good
    return value, good


def _joined(words: np.ndarray, ends: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Return the eight bytes before each end, leaving out the dot that has `behind` of them behind it."""
    keep = _LAST.take(behind, mode="clip")
    return (words[ends - 8] & keep) | (words[ends - 9] & ~keep)


def _eight_digits(word: np.ndarray, digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number that the last bytes of each word spell, and whether these are digits.

    Neighbouring digits become pairs, pairs become fours and fours eight, all within one 64-bit word.
    """
    keep = _LAST.take(digits, mode="clip")
    word = (word & keep) | (_ZEROS & ~keep)
    good = ((word & _HIGH_HALVES) | (((word + _SIXES) & _HIGH_HALVES) >> _FOUR)) == _THREES
    word -= _ZEROS
    word = word * np.uint64(10) + (word >> _EIGHT)
    first = (word & _LOW_OF_FOUR) * np.uint64(100 + (10**6 << 32))
    second = ((word >> _SIXTEEN) & _LOW_OF_FOUR) * np.uint64(1 + (10**4 << 32))
    return (first + second) >> _THIRTY_TWO, good
