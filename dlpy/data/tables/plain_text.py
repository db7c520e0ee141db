"""Text without quotes as the cells of a table: numpy parses its numbers, one megabyte at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables import decimals
from dlpy.data.tables.bodies import MOST_CHARACTERS, Odd, check_width
from dlpy.data.tables.decimals import Cells

_CHUNK_BYTES = 1 << 20
_NEWLINE = ord("\n")


@dataclass(frozen=True)
class Lines:
    """Text in lines: `raw` from byte `begin` on, the line number there, the delimiter, and the cells in each line."""

    name: str
    raw: bytes
    begin: int
    first: int
    delimiter: str
    width: int
    most_digits: int = decimals.MOST_DIGITS


class Plain:
    """Text without quotes and empty lines: a delimiter always ends a cell, a line break always ends a row."""

    def __init__(self, lines: Lines, decimal: str = ".") -> None:
        pad = b"\n" * max(0, decimals.PAD - lines.begin)
        self.lines, self.width, self.delimiter, self.decimal = lines, lines.width, ord(lines.delimiter), ord(decimal)
        self.raw, self.begin = pad + lines.raw if pad else lines.raw, lines.begin + len(pad)
        self.buffer = np.frombuffer(self.raw, np.uint8)
        self.rows = self.raw.count(b"\n", self.begin)

    def __len__(self) -> int:
        return self.rows

    def line(self, row: int) -> int:
        return row + self.lines.first

    def with_decimal(self, mark: str) -> Plain:
        return self if ord(mark) == self.decimal else Plain(self.lines, mark)

    def numbers(self, columns: Sequence[int] | None = None) -> tuple[np.ndarray, list[Odd]]:
        width = self.width if columns is None else len(columns)
        values, odd = np.empty((self.rows, width)), [Odd() for _ in range(width)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy works on several chunks at once
            parts = pool.map(partial(self._numbers, columns=columns), self._chunks())
            for row, numbers, strange, texts in parts:
                values[row : row + len(numbers)] = numbers
                for place, text in zip(strange, texts, strict=True):
                    odd[place % width].rows.append(row + place // width)
                    odd[place % width].texts.append(text)
        return values, odd

    def _numbers(
        self, chunk: tuple[int, int, int], columns: Sequence[int] | None
    ) -> tuple[int, np.ndarray, list[int], list[str]]:
        """Return the first row of a chunk, its numbers (rows, columns), and the places and texts of its odd cells."""
        cells = self._cells(*chunk)
        if columns is not None:
            cells = cells.of_columns(columns, self.width)
        numbers, plain = decimals.parse(cells, self.lines.most_digits)
        strange, width = np.flatnonzero(~plain), self.width if columns is None else len(columns)
        return chunk[0], numbers.reshape(-1, width), strange.tolist(), self._texts(cells, strange)

    def texts(self, columns: list[int]) -> list[list[str]]:
        found: list[list[str]] = [[] for _ in columns]
        for chunk in self._chunks():
            cells = self._cells(*chunk)
            for texts, column in zip(found, columns, strict=True):
                texts += self._texts(cells, np.arange(column, len(cells.starts), self.width))
        return found

    def _texts(self, cells: Cells, chosen: np.ndarray) -> list[str]:
        starts, ends = cells.starts[chosen].tolist(), cells.ends[chosen].tolist()
        found = [self.raw[start:end] for start, end in zip(starts, ends, strict=True)]
        texts = {cell: cell.decode().strip() for cell in set(found)}  # most cells of text are repeated
        return [texts[cell] for cell in found]

    def _chunks(self) -> Iterator[tuple[int, int, int]]:
        """Yield (first row, start byte, stop byte) of chunks of complete rows, about one megabyte each."""
        row, start = 0, self.begin
        while start < len(self.raw):
            stop = self.raw.rfind(b"\n", start, start + _CHUNK_BYTES) + 1 or self.raw.index(b"\n", start) + 1
            if stop - start > MOST_CHARACTERS:
                raise DataError(
                    f"{self.lines.name}:{self.line(row)}: a line has {stop - start:,} characters; this is not a table."
                )
            yield row, start, stop
            row, start = row + self.raw.count(b"\n", start, stop), stop

    def _cells(self, row: int, start: int, stop: int) -> Cells:
        text = self.buffer[start:stop]
        marked = text == self.delimiter
        marked |= text == _NEWLINE
        marked |= text == self.decimal
        places = np.flatnonzero(marked)
        last = np.flatnonzero(text[places] != self.decimal)  # marks that end a cell
        ends = places[last]
        self._check_rows(text[ends] == _NEWLINE, row)
        starts = np.concatenate([[0], ends[:-1] + 1])
        dots = places[np.concatenate([[0], last[:-1] + 1])]  # the first mark in each cell
        starts += text[starts] == ord(" ")
        return Cells(self.buffer, starts + start, dots + start, ends + start)

    def _check_rows(self, ends_row: np.ndarray, row: int) -> None:
        """Raise DataError if a row has more or fewer cells than the header."""
        widths = np.diff(np.flatnonzero(ends_row), prepend=-1)
        wrong = np.flatnonzero(widths != self.width)
        if len(wrong):
            check_width(self.lines.name, self.line(row + int(wrong[0])), int(widths[wrong[0]]), self.width)


def without_quotes(raw: bytes, delimiter: str) -> bytes | None:
    """Return rows without the quotes around whole cells; None if quotes have a meaning: they hold a delimiter, a line
    break or a quote.
    """
    text = np.frombuffer(raw, np.uint8)
    is_quote = text == ord('"')
    quotes = np.flatnonzero(is_quote)
    opening, closing = quotes[::2], quotes[1::2]
    ends = (text == ord(delimiter)) | (text == _NEWLINE)
    if len(opening) != len(closing) or not ends[closing + 1].all() or not ends[opening[opening > 0] - 1].all():
        return None
    places = np.flatnonzero(ends)
    if (np.searchsorted(places, opening) != np.searchsorted(places, closing)).any():
        return None
    return text[~is_quote].tobytes()
