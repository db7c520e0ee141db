"""One file of a table, read: its columns, its cells, its form, and what was noticed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlpy.data.tables.bodies import Body, Chosen
from dlpy.data.tables.headers import UNNAMED, has_header, named
from dlpy.data.tables.table_format import AUTO, TableFormat


@dataclass(frozen=True)
class Part:
    """One file of a table.

    names: of all columns. unnamed: of those without a name in the file. notes: what is not as in a plain CSV file.
    comma: whether there are decimal commas in the first rows.
    """

    path: Path
    names: tuple[str, ...]
    body: Body
    form: TableFormat
    notes: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    comma: bool = False


@dataclass(frozen=True)
class Header:
    """The names above the columns, "" where there is none, and their line number in the file.

    found: whether the file has a header at all.
    """

    names: list[str]
    line: int = 1
    found: bool = True


def header_of(rows: list[list[str]], form: TableFormat, line: int) -> Header:
    """Return the header of a table whose first rows are given; columns are numbered if it has none."""
    if form.header is True or (form.header == AUTO and has_header(rows)):
        return Header(rows[0], line)
    return Header([f"column_{number + 1}" for number in range(len(rows[0]))], line, found=False)


def part_of(path: Path, header: Header, body: Body, form: TableFormat, notes: list[str]) -> Part:
    """Return a file of a table whose columns have names; columns at the end without a name and a cell are left out."""
    given, width = list(header.names), len(header.names)
    while width > 1 and not given[width - 1] and len(body) and not any(body.texts([width - 1])[0]):
        width -= 1
    if width < len(given):
        notes = [*notes, "the lines end with delimiters: the empty columns there are left out"]
        body = Chosen(body, range(width))
    names, changed = named(given[:width])
    if not header.found:
        changed = [f"no header: the columns are named column_1 to column_{width}"]
    unnamed = tuple(name for name, own in zip(names, given, strict=False) if not own or UNNAMED.fullmatch(own))
    return Part(path, names, body, form, (*notes, *changed), unnamed)
