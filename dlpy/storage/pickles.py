"""Reads the pickled integer lists and byte arrays of IMDB, Reuters and CIFAR-10 without executing code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from dlpy.storage.pickle_lists import WIDTHS
from dlpy.storage.pickle_opcodes import RECONSTRUCT, Machine, Made, Span

_MASKS = np.array([0, 0, 0xFF, 0xFFFF, 0, -1], np.int32)  # the bits of an integer in four bytes, by its width
_TOGETHER = 5000  # lists that are decoded at a time, with little memory for what is in between


def read_rows(raw: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the lists in a pickled object array: all integers as int32, and the length of each list as int64.

    Raises:
        ValueError: it is something else or damaged; IndexError, KeyError, AttributeError, TypeError: it is damaged.
    """
    rows = _content(Machine(raw).run(), raw, b"O")
    values, counts = _decoded(raw, [span for row in rows for span in row])
    owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    return values, np.bincount(owners, counts, len(rows)).astype(np.int64)


def read_batch(raw: bytes, pixels: bytes, labels: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return two values of a pickled dict: a uint8 array, and a list of integers as int32.

    Raises:
        ValueError: it is something else or damaged; IndexError, KeyError, AttributeError, TypeError: it is damaged.
    """
    content = Machine(raw).run()
    if not isinstance(content, dict):
        raise ValueError("it is not a dict")
    made, spans = content[pixels], content[labels]
    if not isinstance(spans, list):
        raise ValueError("its labels are not a list")
    return _content(made, raw, b"u1"), _decoded(raw, spans)[0]


def _content(made: Any, raw: bytes, wanted: bytes) -> Any:
    """Return the contents of an array: bytes with their shape, or the list of an object array."""
    if not isinstance(made, Made) or made.name not in RECONSTRUCT or len(made.state) != 5:
        raise ValueError("it is not an array")
    _, shape, kind, by_columns, content = made.state
    if not isinstance(kind, Made) or kind.name != "numpy.dtype" or not kind.arguments[0].startswith(wanted):
        raise ValueError(f"it is not an array of {'objects' if wanted == b'O' else 'bytes'}")
    sizes = _decoded(raw, list(shape))[0].tolist()
    if wanted == b"O":
        if not isinstance(content, list) or not all(isinstance(row, list) for row in content):
            raise ValueError("it is not an array of lists")
        if sizes != [len(content)]:
            raise ValueError(f"its shape is {tuple(sizes)}, but it has {len(content):,} lists")
        return content
    return np.frombuffer(content, np.uint8).reshape(sizes, order="F" if by_columns else "C")


def _decoded(raw: bytes, spans: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the integers of all spans, int32, and the number of integers in each."""
    spans = list(spans)
    if not all(isinstance(span, Span) for span in spans):
        raise ValueError("it contains something other than integers")
    values, counts = [np.empty(0, np.int32)], [np.empty(0, np.int64)]
    for start in range(0, len(spans), _TOGETHER):
        some = np.array([(span.start, span.stop) for span in spans[start : start + _TOGETHER]])
        first, last = some.min(), some.max()
        codes = raw[first:last] + bytes(4)  # the last integer may have less than four bytes
        starts, widths = _starts(codes, some - first)
        values.append(_integers_at(codes, starts, widths))
        counts.append(np.diff(np.searchsorted(starts, some - first))[:, 0])
    return np.concatenate(values), np.concatenate(counts)


def _starts(codes: bytes, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where integers begin, ascending, and for each byte how many bytes an integer has that begins there.

    The position of an integer depends on the one before it, so the first ones of all spans are found at once, then the
    second ones, and so on.
    """
    begins, widths = np.zeros(len(codes), bool), np.frombuffer(codes.translate(WIDTHS), np.uint8)
    at, end = spans.T.copy()
    while len(at):
        begins[at] = True
        at += widths.take(at)
        open_still = np.flatnonzero(at < end)
        if len(open_still) < len(at):
            at, end = at.take(open_still), end.take(open_still)
    return np.flatnonzero(begins), widths


def _integers_at(codes: bytes, starts: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return the integers that begin at these positions."""
    following = np.ndarray(len(codes) - 4, "<i4", codes, offset=1, strides=(1,))  # the four bytes after each position
    return following.take(starts) & _MASKS.take(widths.take(starts))
