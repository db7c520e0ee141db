"""Reader for tables in files, as they come: CSV in any usual form, packed, in parts, or from other programs."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlpy.core.errors import DataError
from dlpy.core.memory import free_memory, shown_size
from dlpy.data.tables import containers, json_lines, parquet_table, text_encoding, workbook
from dlpy.data.tables.bodies import Body, Joined, Odd
from dlpy.data.tables.dates import dates_of
from dlpy.data.tables.decimals import number
from dlpy.data.tables.headers import UNNAMED
from dlpy.data.tables.marks import with_marks
from dlpy.data.tables.part import Part
from dlpy.data.tables.part_files import bytes_of, files_of
from dlpy.data.tables.table_format import ANY, AUTO, PLAIN, TableFormat
from dlpy.data.tables.text_table import read_text

__all__ = ["UNNAMED", "CsvFile", "Odd", "TableFormat", "read"]

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_PEEK = 200  # cells
_LEAST_PER_BYTE = 3  # bytes of memory for each byte of a file


@dataclass(frozen=True)
class CsvFile:
    """A table; columns without a name are named by their position as in pandas: "Unnamed: 0".

    format: how the file is written, as found. notes: what is not as in a plain CSV file. index: the columns that only
    number or name the rows. parts: the first row of each file, and its path, if there are several.
    """

    path: Path
    names: tuple[str, ...]
    body: Body
    format: TableFormat = PLAIN
    notes: tuple[str, ...] = ()
    index: tuple[str, ...] = ()
    parts: tuple[tuple[int, Path], ...] = ()

    def __len__(self) -> int:
        return len(self.body)

    def texts(self, name: str) -> list[str]:
        """Return the cells of one column as written."""
        return self.body.texts([self.names.index(name)])[0]

    def cell(self, row: int, name: str) -> str:
        """Return a cell as written."""
        return self.texts(name)[row]

    def where(self, row: int, name: str) -> str:
        """Return the place of a cell for messages: "houses.csv:17: column 'price'"."""
        place = bisect([first for first, _ in self.parts], row) - 1
        path = self.parts[place][1] if self.parts else self.path
        return f"{path.name}:{self.body.line(row)}: column '{name}'"


def read(path: Path, form: TableFormat = ANY) -> CsvFile:
    """Return a table: a file, a folder of files with the same columns, or those that a pattern such as a*.csv names.

    Raises:
        UnavailableError: the file does not exist.
        DataError: it does not fit into memory, or it is not a table: empty, binary, in an unknown encoding, rows of
            different lengths.
        SetupError: the package that reads such a file is not installed.
    """
    _require_memory(path)
    parts: list[Part] = []
    for one in files_of(path):
        like = replace(parts[0].form, encoding=form.encoding, skip_lines=form.skip_lines) if parts else form
        parts.append(_part(one, containers.content(one), like))
        if parts[-1].names != parts[0].names:
            names = [", ".join(part.names[:10]) for part in (parts[-1], parts[0])]
            raise DataError(f"{one}: its columns are {names[0]}; those of {parts[0].path.name} are {names[1]}.")
    return _table(path, parts)


def _require_memory(path: Path) -> None:
    """Raise DataError for a table that certainly does not fit into memory."""
    needed = _LEAST_PER_BYTE * bytes_of(path)
    free = free_memory()
    if needed > free:
        sizes = f"in memory it takes at least {shown_size(needed)}, and {shown_size(free)} are free"
        raise DataError(f"{path}: {sizes}. Use a part of the rows; csv and text_csv read large tables in pieces.")


def read_bytes(path: Path, raw: bytes, form: TableFormat = ANY) -> CsvFile:
    """Return the table in the bytes of a file, or of its first lines.

    Raises:
        DataError: as `read`.
    """
    return _table(path, [_part(path, raw, form)])


def _table(path: Path, parts: Sequence[Part]) -> CsvFile:
    first, several = parts[0], len(parts) > 1
    joined = Joined([part.body for part in parts]) if several else None
    body, found, doubts = with_marks(joined or first.body, first.form, comma=first.comma)
    index, left_out = _index(first, body)
    notes = dict.fromkeys([*(note for part in parts for note in part.notes), *left_out, *doubts])
    notes = [*([f"{len(parts):,} files"] if several else []), *_described(found), *notes]
    starts = joined.starts.tolist()[:-1] if joined else []
    of_parts = tuple(zip(starts, [part.path for part in parts], strict=False))
    return CsvFile(path, first.names, body, found, tuple(f"{path.name}: {note}" for note in notes), index, of_parts)


def _part(path: Path, raw: bytes, form: TableFormat) -> Part:
    if raw.startswith(_OLD_EXCEL):
        raise DataError(f"{path} is an Excel workbook of before 2007: save it as .xlsx or CSV.")
    if raw.startswith(parquet_table.MAGIC):
        return parquet_table.read_parquet(path, raw, form)
    if raw.startswith(containers.ZIP) and containers.is_workbook(raw):
        return workbook.read_workbook(path, raw, form)
    if form.sheet != AUTO:
        raise DataError(f"data.sheet: {path} has no sheets: remove 'sheet'.")
    encoding = text_encoding.encoding_of(path, raw, form.otherwise) if form.encoding == AUTO else form.encoding
    text, form = text_encoding.decoded(path, raw, encoding), replace(form, encoding=encoding)
    if json_lines.is_json_lines(text):
        return json_lines.read_json_lines(path, text, form)
    return read_text(path, text, form)


def _index(part: Part, body: Body) -> tuple[tuple[str, ...], list[str]]:
    """Return the first columns if they have no name and only number or name the rows, and notes about them."""
    found, notes = [], []
    for place, name in enumerate(part.names[:-1]):
        why = _labels(body.texts([place])[0]) if name in part.unnamed else ""
        if not why:
            break
        found.append(name)
        notes.append(f"column {place + 1} has no name and {why}: it is no feature, unless listed as '{name}'")
    return tuple(found), notes


def _labels(cells: Sequence[str]) -> str:
    """Return in words how the cells number or name the rows; "" if they repeat, or are dates or decimals."""
    if not any(cells):
        return "is empty"
    if len(set(cells)) < len(cells):
        return ""
    if all(cell.removeprefix("-").isdigit() for cell in cells):
        return "numbers the rows"
    dates = dates_of(cells[:_PEEK])
    if all(number(cell) is not None for cell in cells) or len(dates.bad) < len(dates.times) / 2:
        return ""
    return "names the rows"


def _described(form: TableFormat) -> list[str]:
    """Return a note about how the file is written, if it is not UTF-8 text with commas and decimal dots."""
    stated = form.stated()
    words = {"encoding": "encoding {}", "delimiter": "delimiter {!r}", "decimal": "decimal mark {!r}"}
    words |= {"thousands": "thousands mark {!r}", "comment": "comments after {!r}"}
    found = [text.format(stated[key]) for key, text in words.items() if key in stated]
    return [f"read with {', '.join(found)}"] if found else []
