"""The integers of a pickle, found and decoded in thousands of lists at once."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np

_WIDTHS = bytes({ord("K"): 2, ord("M"): 3, ord("J"): 5}.get(code, 0) for code in range(256))  # of opcode and integer
_MASKS = np.array([0, 0, 0xFF, 0xFFFF, 0, -1], np.int32)  # the bits of an integer in four bytes, by its width
_LIST = re.compile(rb"\](?:\x94|q.|r....)\((?=[KMJ])", re.DOTALL)  # the beginning of a list that is memorized
_MOST_LISTS = 1_000_000
_BATCH = 1000  # pickle writes the integers of a list in batches of this size
_TOGETHER = 500  # spans that are decoded at a time: few enough that all fits into the processor's cache

Span = range  # positions of integers in the pickle


class Integers:
    """Integers by their positions.

    Attributes of an instance:
        ends: where the first batch of integers of each list ends, by where it begins. Other contents may look like a
            list. Whoever reads the pickle removes each list that it comes to; none may be left for `read`.
    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._widths = np.frombuffer(raw.translate(_WIDTHS) + bytes(5), np.uint8)  # the last one may be truncated
        self._begins = np.zeros(len(raw), bool)  # whether an integer begins at a byte
        starts = [found.end() for found in itertools.islice(_LIST.finditer(raw), _MOST_LISTS)]
        self.ends = dict(zip(starts, self._follow(starts), strict=True))
        self._followed = set(starts)

    def read(self, spans: list[Any]) -> tuple[np.ndarray, np.ndarray]:
        """Return the integers of spans, int32, and the number of integers in each."""
        if not all(isinstance(span, Span) for span in spans):
            raise ValueError("it contains something other than integers")
        if self.ends:  # what is no list has been followed too, perhaps within one
            self._begins[:] = False
            self._followed, self.ends = set(), {}
        self._follow([span.start for span in spans if span.start not in self._followed])
        values, counts = [np.empty(0, np.int32)], [np.empty(0, np.int64)]
        for start in range(0, len(spans), _TOGETHER):
            some = spans[start : start + _TOGETHER]
            bounds = [[span.start for span in some], [span.stop for span in some]]
            first, last = min(bounds[0]), max(bounds[1])
            begins = np.flatnonzero(self._begins[first:last])
            values.append(self._decoded(slice(first, last), begins))
            counts.append(np.diff(np.searchsorted(begins, np.array(bounds) - first), axis=0)[0])
        return np.concatenate(values), np.concatenate(counts)

    def _follow(self, starts: list[int]) -> list[int]:
        """Mark up to 1,000 integers from each of these positions on, and return where they end.

        The position of an integer depends on the one before it, so the first ones of all lists are marked at once, then
        the second ones, and so on.
        """
        at = np.array(starts, np.int64)
        ends, lists = at.copy(), np.arange(len(at))
        for _ in range(_BATCH):
            widths = self._widths.take(at)
            going_on = np.flatnonzero(widths)
            if len(going_on) < len(at):
                ends[lists] = at
                at, lists, widths = (array.take(going_on) for array in (at, lists, widths))
            self._begins[at] = True
            at += widths
        ends[lists] = at
        return ends.tolist()

    def _decoded(self, piece: slice, begins: np.ndarray) -> np.ndarray:
        """Return the integers that begin at these positions of a piece."""
        codes = self._raw[piece] + bytes(4)  # the last integer may have less than four
        following = np.ndarray(len(codes) - 4, "<i4", codes, offset=1, strides=(1,))  # four bytes after each position
        return following.take(begins) & _MASKS.take(self._widths[piece].take(begins))
