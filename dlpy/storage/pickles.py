"""Reads the pickled integer lists and byte arrays of IMDB, Reuters and CIFAR-10 without executing code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from dlpy.storage.pickle_opcodes import RECONSTRUCT, Machine, Made, Span

_WIDTHS = np.zeros(256, np.uint8)  # bytes per integer by opcode: the opcode and one, two or four bytes
_WIDTHS[[ord("K"), ord("M"), ord("J")]] = 2, 3, 5


def read_rows(raw: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the lists in a pickled object array: all integers as int32, and the length of each list as int64.

    Raises:
        ValueError: it is something else or damaged; IndexError, KeyError, AttributeError, TypeError: it is damaged.
    """
    machine = Machine(raw)
    made = machine.run()
    rows = _content(made, raw, b"O")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ValueError("it is not an array of lists")
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
        if sizes != [len(content)]:
            raise ValueError(f"its shape is {tuple(sizes)}, but it has {len(content):,} lists")
        return content
    return np.frombuffer(content, np.uint8).reshape(sizes, order="F" if by_columns else "C")


def _decoded(raw: bytes, spans: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the integers of all spans, int32, and the number of integers in each.

    The position of an integer depends on the one before it, so the first ones of all spans are read at once, then the
    second ones, and so on.
    """
    spans = list(spans)
    if not all(isinstance(span, Span) for span in spans):
        raise ValueError("it contains something other than integers")
    places = np.array(spans, np.int64).reshape(-1, 2)
    codes, begins = np.frombuffer(raw, np.uint8), np.zeros(len(raw), bool)
    widths, (at, end) = _WIDTHS[codes], places.T
    while len(at):
        begins[at] = True
        at = at + widths[at]
        open_still = at < end
        at, end = at[open_still], end[open_still]
    starts = np.flatnonzero(begins)
    counts = np.searchsorted(starts, places[:, 1]) - np.searchsorted(starts, places[:, 0])
    return _integers_at(codes, starts), counts


def _integers_at(codes: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the integers whose opcodes are at these positions."""
    widths, values = _WIDTHS[codes[starts]], codes[starts + 1].astype(np.int32)
    longer = np.flatnonzero(widths > 2)
    values[longer] |= codes[starts[longer] + 2].astype(np.int32) << 8
    signed = longer[widths[longer] == 5]
    for byte in (3, 4):
        values[signed] |= codes[starts[signed] + byte].astype(np.int32) << 8 * (byte - 1)
    return values
