"""Some rows of a large table: its first ones and more across the file, written as a small table of their own."""

from __future__ import annotations

import csv
import io
from bisect import bisect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dlpy.core.errors import DataError, reading
from dlpy.core.memory import shown_size
from dlpy.data.tables import csv_file, piece_reader
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.part_files import bytes_of, files_of
from dlpy.data.tables.piece_reader import Head
from dlpy.data.tables.table_format import ANY, BLANKS
from dlpy.datasets._memory_option import PER_BYTE, MemoryOption, most_bytes
from dlpy.starter.wording import Option

_WHOLE_BYTES = 64_000_000  # a table up to this size is read whole
_HEAD_BYTES, _PLACE_BYTES, _PLACES = 8_000_000, 500_000, 16
_LINES_TRIED, _ROWS_TRIED = 50, 20


@dataclass(frozen=True)
class Sampled(CsvFile):
    """Some rows of a large table.

    sample: the file with these rows alone. total: about how many rows the table has. in_pieces: whether it is too large
    for the memory. places: for each part of the sample, its first line there, and its first byte in the table.
    """

    sample: Path = Path()
    total: int = 0
    in_pieces: bool = False
    places: tuple[tuple[int, int], ...] = ()

    def places_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the number of the part of the sample that holds each row: (rows,) int64."""
        lines = [self.body.line(row) for row in rows.tolist()]
        return np.searchsorted([line for line, _ in self.places], lines, "right")

    def where(self, row: int, name: str) -> str:
        place = bisect([line for line, _ in self.places], self.body.line(row)) - 1
        if place < 1:
            return super().where(row, name)
        return f"{self.path.name}, a row behind byte {self.places[place][1]:,}: column '{name}'"


def path_to_check(file: CsvFile) -> str:
    """Return the path of the rows that were looked at."""
    return str(file.sample if isinstance(file, Sampled) else file.path)


def rows_in(file: CsvFile) -> int:
    """Return about how many rows a table has."""
    return file.total if isinstance(file, Sampled) else len(file)


def counted_rows(file: CsvFile) -> str:
    """Return the number of rows of a table in words."""
    rows = "1 row" if rows_in(file) == 1 else f"{rows_in(file):,} rows"
    return f"about {rows}" if isinstance(file, Sampled) else rows


def is_in_pieces(file: CsvFile) -> bool:
    """Return whether a table is too large for the memory."""
    return isinstance(file, Sampled) and file.in_pieces


def memory_options(file: CsvFile) -> list[Option]:
    """Return the option that limits the memory for a table that is too large for it."""
    if not is_in_pieces(file):
        return []
    size = shown_size(round(most_bytes("auto"), -8) or most_bytes("auto")).replace(" ", "")
    return [Option("memory", size, "a table that needs more is read in pieces")]


def sample_notes(file: CsvFile) -> list[str]:
    """Return notes on which rows were looked at, and on how the table is read."""
    if not isinstance(file, Sampled):
        return []
    looked = f"Looked at {len(file.body):,} of {counted_rows(file)}: the first ones, and some from {_PLACES} places"
    size = shown_size(PER_BYTE * bytes_of(file.path))
    pieces = f"In memory, all rows would take {size}: they are read once, in pieces, into a cache on disk"
    return [looked, *([pieces] if file.in_pieces else [])]


def head_of_large(path: Path) -> Head | None:
    """Return the first rows of a table of which only some rows are looked at; None for one that is read whole.

    Raises:
        DataError: it is too large for the memory and cannot be read in pieces.
    """
    if bytes_of(path) <= _WHOLE_BYTES:
        return None
    try:
        return piece_reader.head_of(path, ANY, _HEAD_BYTES)
    except DataError:  # it is packed, or no plain text
        if MemoryOption().exceeds_memory(path):
            raise
        return None


@contextmanager
def sampled(path: Path, head: Head, *, places: int = _PLACES) -> Iterator[Sampled]:
    """Yield some rows of a table, whose file exists as long as the context.

    Args:
        path: the table.
        head: its first rows.
        places: in how many places the rows after the first ones are; 0 for the first ones alone.
    """
    parts = [(0, _first(path)), *_across(path, head, places)]
    lines, line = [], 1
    for start, raw in parts:
        lines.append((line, start))
        line += raw.count(b"\n")
    with TemporaryDirectory() as folder:
        sample = Path(folder, path.name if path.suffix else "table.csv")
        sample.write_bytes(b"".join(raw for _, raw in parts))
        found = csv_file.read(sample)
        size = bytes_of(path)
        total = max(len(found), round(len(found) * size / sample.stat().st_size))
        total = round(total, 2 - len(str(total))) if total > len(found) else total
        yield Sampled(
            path,
            found.names,
            found.body,
            found.format,
            found.notes,
            found.index,
            sample=sample,
            total=total,
            in_pieces=MemoryOption().exceeds_memory(path),
            places=tuple(lines),
        )


def _first(path: Path) -> bytes:
    first = files_of(path)[0]
    with reading(first), first.open("rb") as file:
        return piece_reader.whole_rows(path, file.read(_HEAD_BYTES))


def _across(path: Path, head: Head, places: int) -> Iterator[tuple[int, bytes]]:
    """Yield whole rows from places across a table, each with its first byte."""
    files = files_of(path)
    begins = [0]
    for one in files:
        begins.append(begins[-1] + one.stat().st_size)
    for number in range(places):
        byte = _HEAD_BYTES + (begins[-1] - _HEAD_BYTES) * (2 * number + 1) // (2 * places)
        part = bisect(begins, byte) - 1
        with reading(files[part]), files[part].open("rb") as file:
            file.seek(max(1, byte - begins[part]))
            found = _rows_in(path, file.read(_PLACE_BYTES), head)
        if found:
            yield byte, found


def _rows_in(path: Path, raw: bytes, head: Head) -> bytes:
    """Return the whole rows in bytes from the middle of a file; a line break inside quotes begins none."""
    start = raw.find(b"\n") + 1
    for _ in range(_LINES_TRIED if b'"' in raw else 0):
        if not start or _begins_row(raw[start:], head):
            break
        start = raw.find(b"\n", start) + 1
    try:
        return piece_reader.whole_rows(path, raw[start:]) if start else b""
    except DataError:  # a row that is longer than these bytes
        return b""


def _begins_row(raw: bytes, head: Head) -> bool:
    """Return whether the next rows have as many cells as the header."""
    text = raw.decode(head.file.format.encoding, "replace")
    delimiter = " " if head.file.format.delimiter == BLANKS else head.file.format.delimiter
    try:
        rows = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True, skipinitialspace=True)
        widths = [len(cells) for _, cells in zip(range(_ROWS_TRIED), rows, strict=False) if cells]
    except csv.Error:
        return False
    return set(widths[:-1]) == {head.width}
