"""Reads a text table in pieces: its first rows, by which its form is found, and then some megabytes at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dlpy.core.errors import DataError, reading
from dlpy.data.tables import containers, csv_file, json_lines, parquet_table, text_encoding
from dlpy.data.tables.bodies import MOST_CHARACTERS, Chosen, Parsed
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.part_files import files_of
from dlpy.data.tables.table_format import TableFormat
from dlpy.data.tables.text_table import Text, rows_of

SAMPLE_BYTES = 32_000_000
PIECE_BYTES = 8_000_000
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", containers.ZIP, parquet_table.MAGIC)


@dataclass(frozen=True)
class Head:
    """The first rows of a file, where they begin, and how many cells a line has."""

    file: CsvFile
    start: int  # byte
    width: int


@dataclass(frozen=True)
class Piece:
    """Some rows of a table, and the bytes of its files that are read with them."""

    file: CsvFile
    done: int


def whole_rows(path: Path, raw: bytes) -> bytes:
    """Return the rows that end in these bytes; a line break inside quotes ends none."""
    return raw[: _end_of_rows(path, raw)]


def head_of(path: Path, form: TableFormat, size: int | None = None) -> Head:
    """Return the first rows of a table, as `csv_file.read` returns all of them.

    Raises:
        DataError: the file is packed or no text, so that it cannot be read in pieces.
    """
    return _head_of(files_of(path)[0], form, size or SAMPLE_BYTES)


def pieces_of(path: Path, head: Head) -> Iterator[Piece]:
    """Yield all rows of a table, some megabytes at a time.

    Raises:
        DataError: a line has more or fewer cells than the header, or a file has other columns than the first.
    """
    form, done = head.file.format, 0
    for number, one in enumerate(files_of(path)):
        own = head if number == 0 else _head_of(one, replace(form, encoding="auto"), PIECE_BYTES)
        if own.file.names != head.file.names:
            names = [", ".join(some[:10]) for some in (own.file.names, head.file.names)]
            raise DataError(f"{one}: its columns are {names[0]}; those of the first file are {names[1]}.")
        for raw, line, stop in _lines(one, own):
            text = text_encoding.decoded(one, raw, own.file.format.encoding)
            body = rows_of(Text(one, text, 0, line), form, width=own.width, is_last=stop == one.stat().st_size)
            if body is not None:
                body = Chosen(body, range(len(head.file.names))) if own.width > len(head.file.names) else body
                body = body.with_decimal(form.decimal)
                yield Piece(replace(own.file, path=one, body=body, format=form), done + stop)
        done += one.stat().st_size


def _head_of(path: Path, form: TableFormat, size: int) -> Head:
    with reading(path), path.open("rb") as file:
        raw = file.read(size + 1)
    if raw.startswith(_PACKED):
        raise DataError(f"{path} is packed or binary, and too large for data.memory: save it as a plain CSV file.")
    if len(raw) > size:
        raw = raw[: _end_of_rows(path, raw)]
    if json_lines.is_json_lines(raw):
        raise DataError(f"{path} is JSON Lines, and too large for data.memory: save it as a CSV file.")
    found = csv_file.read_bytes(path, raw, form)
    encoding = found.format.encoding
    if encoding.startswith(("utf-16", "utf-32")):
        raise DataError(f"{path} is {encoding} text, and too large for data.memory: save it as UTF-8.")
    body = found.body.body if isinstance(found.body, Parsed) else found.body
    width = getattr(body.body if isinstance(body, Chosen) else body, "width", 0)
    if not width:
        raise DataError(f"{path} is no CSV file, and too large for data.memory: save it as one.")
    return Head(found, _after_lines(raw, body.line(0) - 1), width)


def _after_lines(raw: bytes, count: int) -> int:
    """Return the byte where the lines after the first ones begin."""
    start = 0
    for _ in range(count):
        start = raw.index(b"\n", start) + 1
    return start


def _lines(path: Path, head: Head) -> Iterator[tuple[bytes, int, int]]:
    """Yield whole rows of a file as bytes, the number of their first line, and the byte after them."""
    left, stop = b"", head.start
    with reading(path), path.open("rb") as file:
        line = file.read(head.start).count(b"\n") + 1
        while new := file.read(PIECE_BYTES):
            raw = left + new
            end = _end_of_rows(path, raw) if len(new) == PIECE_BYTES else len(raw)
            if end:
                stop += end
                yield raw[:end], line, stop
                line += raw.count(b"\n", 0, end)
            left = raw[end:]
    if left:
        yield left, line, stop + len(left)


def _end_of_rows(path: Path, raw: bytes) -> int:
    """Return the byte after the last row that ends in these bytes; a line break inside quotes ends none.

    Raises:
        DataError: a row is too long.
    """
    end = raw.rfind(b"\n") + 1
    while end and raw.count(b'"', 0, end) % 2:
        end = raw.rfind(b"\n", 0, raw.rfind(b'"', 0, end)) + 1
    if not end and len(raw) > max(PIECE_BYTES, MOST_CHARACTERS):
        raise DataError(
            f"{path.name}: a row has more than {len(raw):,} bytes; is a quote left open, or no newline used?"
        )
    return end
