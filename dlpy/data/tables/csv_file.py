"""Reader for CSV files: parses numbers at once and text on request, and knows the line of every row.

A file without quotes is parsed by numpy, one megabyte at a time; other files are read by Python's csv module.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from dlpy.core.errors import DataError, reading
from dlpy.data.tables import decimals
from dlpy.data.tables.decimals import Cells, number

UNNAMED = re.compile(r"Unnamed: (\d+)")
_CHUNK_BYTES = 1 << 20
_NEWLINE = ord("\n")
_MOST_COLUMNS = 100_000
_MOST_CHARACTERS = 10_000_000  # of a quoted cell, and of a line without quotes


@dataclass(frozen=True)
class Odd:
    """The cells of a column that are not plain decimals: missing cells, text, or numbers like 1e5."""

    rows: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class Body(Protocol):
    """The cells below the header."""

    def __len__(self) -> int: ...

    def line(self, row: int) -> int:
        """Return the line number in the file where a row begins; the first line is 1."""
        ...

    def numbers(self) -> tuple[np.ndarray, list[Odd]]:
        """Return (rows, columns) float64, and for each column the cells that were not parsed."""
        ...

    def texts(self, columns: list[int]) -> list[list[str]]:
        """Return the cells of the given columns as written, without surrounding spaces."""
        ...


@dataclass(frozen=True)
class CsvFile:
    """A CSV file with a header; unnamed columns are named by their position as in pandas: "Unnamed: 0"."""

    path: Path
    names: tuple[str, ...]
    body: Body
    unnamed: int = 0

    def __len__(self) -> int:
        return len(self.body)

    def texts(self, name: str) -> list[str]:
        """Return the cells of one column as written."""
        return self.body.texts([self.names.index(name)])[0]

    def where(self, row: int, name: str) -> str:
        """Return the place of a cell for messages: "houses.csv:17: column 'price'"."""
        return f"{self.path.name}:{self.body.line(row)}: column '{name}'"


def read(path: Path, delimiter: str = ",") -> CsvFile:
    """Return the cells of the file.

    Raises:
        UnavailableError: the file does not exist.
        DataError: it is not a table: empty, binary, not UTF-8, rows of different lengths, column names missing or
            repeated.
    """
    raw = _bytes(path)
    begin = raw.index(b"\n") + 1
    unquoted = raw.find(b'"', begin) < 0 and raw.count(b'"', 0, begin) % 2 == 0
    plain = unquoted and not raw.startswith(b"\n") and b"\n\n" not in raw
    lines = _csv_rows(path, (raw[:begin] if plain else raw).decode(), delimiter)
    given = [name.strip() for name in lines[0][1]]
    names = [name or f"Unnamed: {position}" for position, name in enumerate(given)]
    _check_names(path, names)
    body = _Plain(path, raw, begin, len(names), delimiter) if plain else _Quoted(path, lines[1:], len(names))
    if not len(body):
        raise DataError(f"{path} contains column names but no rows.")
    return CsvFile(path, tuple(names), body, given.count(""))


class _Plain:
    """A file without quotes and empty lines: a delimiter always ends a cell, a line break always ends a row."""

    def __init__(self, path: Path, raw: bytes, begin: int, width: int, delimiter: str) -> None:
        pad = b"\n" * max(0, decimals.PAD - begin)
        self.path, self.width, self.delimiter = path, width, ord(delimiter)
        self.raw, self.begin = pad + raw if pad else raw, begin + len(pad)
        self.buffer = np.frombuffer(self.raw, np.uint8)
        self.rows = self.raw.count(b"\n", self.begin)

    def __len__(self) -> int:
        return self.rows

    def line(self, row: int) -> int:
        return row + 2

    def numbers(self) -> tuple[np.ndarray, list[Odd]]:
        values, odd = np.empty((self.rows, self.width)), [Odd() for _ in range(self.width)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy works on several chunks at once
            for row, numbers, strange, texts in pool.map(self._numbers, self._chunks()):
                values[row : row + len(numbers)] = numbers
                for place, text in zip(strange, texts, strict=True):
                    odd[place % self.width].rows.append(row + place // self.width)
                    odd[place % self.width].texts.append(text)
        return values, odd

    def _numbers(self, chunk: tuple[int, int, int]) -> tuple[int, np.ndarray, list[int], list[str]]:
        """Return the first row of a chunk, its numbers (rows, columns), and the places and texts of its odd cells."""
        cells = self._cells(*chunk)
        numbers, plain = decimals.parse(cells)
        strange = np.flatnonzero(~plain)
        return chunk[0], numbers.reshape(-1, self.width), strange.tolist(), self._texts(cells, strange)

    def texts(self, columns: list[int]) -> list[list[str]]:
        found: list[list[str]] = [[] for _ in columns]
        for chunk in self._chunks():
            cells = self._cells(*chunk)
            for texts, column in zip(found, columns, strict=True):
                texts += self._texts(cells, np.arange(column, len(cells.starts), self.width))
        return found

    def _texts(self, cells: Cells, chosen: np.ndarray) -> list[str]:
        starts, ends = cells.starts[chosen].tolist(), cells.ends[chosen].tolist()
        return [self.raw[start:end].decode().strip() for start, end in zip(starts, ends, strict=True)]

    def _chunks(self) -> Iterator[tuple[int, int, int]]:
        """Yield (first row, start byte, stop byte) of chunks of complete rows, about one megabyte each."""
        row, start = 0, self.begin
        while start < len(self.raw):
            stop = self.raw.rfind(b"\n", start, start + _CHUNK_BYTES) + 1 or self.raw.index(b"\n", start) + 1
            if stop - start > _MOST_CHARACTERS:
                raise DataError(
                    f"{self.path.name}:{row + 2}: a line has {stop - start:,} characters; this is not a table."
                )
            yield row, start, stop
            row, start = row + self.raw.count(b"\n", start, stop), stop

    def _cells(self, row: int, start: int, stop: int) -> Cells:
        text = self.buffer[start:stop]
        marked = text == self.delimiter
        marked |= text == _NEWLINE
        marked |= text == ord(".")
        places = np.flatnonzero(marked)
        last = np.flatnonzero(text[places] != ord("."))  # marks that end a cell
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
            _check_width(self.path, self.line(row + int(wrong[0])), int(widths[wrong[0]]), self.width)


class _Quoted:
    """Rows read by the csv module, each with its line number."""

    def __init__(self, path: Path, rows: list[tuple[int, list[str]]], width: int) -> None:
        for line, cells in rows:
            _check_width(path, line, len(cells), width)
        self.rows, self.width = rows, width

    def __len__(self) -> int:
        return len(self.rows)

    def line(self, row: int) -> int:
        return self.rows[row][0]

    def numbers(self) -> tuple[np.ndarray, list[Odd]]:
        odd = [Odd(list(range(len(self.rows))), texts) for texts in self.texts(list(range(self.width)))]
        return np.full((len(self.rows), self.width), np.nan), odd

    def texts(self, columns: list[int]) -> list[list[str]]:
        return [[cells[column].strip() for _, cells in self.rows] for column in columns]


def _bytes(path: Path) -> bytes:
    """Return the bytes of a text file after checking that it is UTF-8; every line ends with a newline, the last too."""
    if path.is_dir():
        raise DataError(f"{path} is a folder; expected a CSV file.")
    with reading(path):
        raw = path.read_bytes()
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if raw.endswith(b"\n\n") or not raw.endswith(b"\n"):
        raw = raw.rstrip(b"\n") + b"\n"
    if not raw.strip():
        raise DataError(f"{path} is empty.")
    if b"\0" in raw:
        raise DataError(f"{path} is not a text file. Save the table as CSV in UTF-8.")
    try:
        if not raw.isascii():
            raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path.name}:{line}: not UTF-8 text. Save the table as CSV in UTF-8.") from None
    return raw


def _csv_rows(path: Path, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the cells of every non-empty row, with the line where it begins."""
    csv.field_size_limit(_MOST_CHARACTERS)  # texts can be long
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True, skipinitialspace=True)
    rows, line = [], 1
    try:
        for cells in reader:
            if cells:
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path.name}:{line}: not valid CSV: {error}. Inside quotes, write a quote twice.") from None
    return rows


def _check_names(path: Path, names: list[str]) -> None:
    if all(number(name) is not None for name in names):
        raise DataError(f"{path.name}:1: found numbers instead of column names. Add a header line.")
    if len(names) > _MOST_COLUMNS:
        raise DataError(f"{path.name}:1: {len(names):,} columns; at most {_MOST_COLUMNS:,} are supported.")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(f"{path.name}:1: two columns are named '{name}'. Rename one.")
        seen.add(name)


def _check_width(path: Path, line: int, found: int, expected: int) -> None:
    if found != expected:
        cells = "1 cell" if found == 1 else f"{found} cells"
        hint = "Put text that contains the delimiter in quotes." if found > expected else "Is the line cut off?"
        raise DataError(f"{path.name}:{line}: {cells}, but the header has {expected} columns. {hint}")
