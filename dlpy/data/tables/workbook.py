"""Reads a table from an xlsx workbook, by openpyxl."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlpy.core.errors import DataError, did_you_mean, in_one_line
from dlpy.data.tables import containers
from dlpy.data.tables.part import Part, header_of, part_of
from dlpy.data.tables.table_format import AUTO, PLAIN, TableFormat
from dlpy.data.tables.typed_body import Typed, as_text

_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    SyntaxError,
    RuntimeError,
)  # fmt: skip - openpyxl checks little of what it parses; SyntaxError is that of XML
_PEEK = 200  # rows
_CHUNK = 1 << 20

Grid = list[tuple[object, ...]]


def read_workbook(path: Path, raw: bytes, form: TableFormat) -> Part:
    """Return the table on a sheet of a workbook: the one that the format names, or the first that is not empty.

    Raises:
        DataError: it is damaged or too large, or there is no such sheet.
        SetupError: openpyxl is not installed.
    """
    containers.required(path, "openpyxl")
    _check(path, raw)
    try:
        name, grid, others = _grid(path, raw, form.sheet)
    except _DAMAGE as error:
        raise DataError(f"{path} is no readable workbook: {in_one_line(error)}.") from None
    lines, grid = _trimmed(grid)
    if not grid:
        raise DataError(f"{path} is empty.")
    count, notes = form.skip_lines if isinstance(form.skip_lines, int) else _titles(grid), []
    if count:
        notes = [f"the first {'row is' if count == 1 else f'{count} rows are'} above the table: left out"]
    if others:
        notes.append(f"sheet '{name}' is read; the others are {', '.join(others)}")
    lines, grid = lines[count:], grid[count:]
    header = header_of([list(map(as_text, row)) for row in grid[:_PEEK]], form, lines[0])
    rows, lines = (grid[1:], lines[1:]) if header.found else (grid, lines)
    if not rows:
        raise DataError(f"{path} contains column names but no rows.")
    body = Typed([list(column) for column in zip(*rows, strict=True)], lines)
    found = replace(PLAIN, decimal=form.decimal, thousands=form.thousands, header=header.found, skip_lines=count)
    found = replace(found, sheet=name if form.sheet != AUTO or others else AUTO)
    return part_of(path, header, body, found, notes)


def _check(path: Path, raw: bytes) -> None:
    """Raise DataError for a workbook that would fill the memory, or whose XML defines entities."""
    limit = containers.limit_of(len(raw))
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(member.file_size for member in archive.infolist()) > limit:
                raise containers.too_large(path, limit)
            for member in archive.infolist():
                if member.filename.endswith((".xml", ".rels")) and _defines_entities(archive, member):
                    raise DataError(f"{path} is no readable workbook: {member.filename} defines entities.")
    except _DAMAGE as error:
        raise DataError(f"{path} is no readable workbook: {in_one_line(error)}.") from None


def _defines_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    last = b""
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            if b"<!DOCTYPE" in (text := (last + chunk).replace(b"\0", b"")):
                return True
            last = text[-10:]
    return False


def _grid(path: Path, raw: bytes, sheet: str) -> tuple[str, Grid, list[str]]:
    """Return the name of a sheet, its cells, and the names of the other sheets that are not empty."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that do not matter
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        sheets = {found.title: found for found in book.worksheets}
        if sheet != AUTO:
            if sheet not in sheets:
                raise DataError(f"data.sheet: {path} has no sheet '{sheet}'.{did_you_mean(sheet, sheets)}")
            return sheet, list(sheets[sheet].iter_rows(values_only=True)), []
        filled = [name for name, found in sheets.items() if _is_filled(found)]
        if not filled:
            return "", [], []
        return filled[0], list(sheets[filled[0]].iter_rows(values_only=True)), filled[1:]


def _is_filled(sheet: Any) -> bool:
    return any(cell is not None for row in sheet.iter_rows(values_only=True) for cell in row)


def _trimmed(grid: Grid) -> tuple[list[int], Grid]:
    """Return the number of each row that is not empty, and their cells without empty columns around them."""
    filled = [place for place, row in enumerate(grid) if any(map(as_text, row))]
    if not filled:
        return [], []
    width = max(len(row) for row in grid)
    rows = [(*grid[place], *[None] * (width - len(grid[place]))) for place in filled]
    used = [place for place, column in enumerate(zip(*rows, strict=True)) if any(map(as_text, column))]
    return [place + 1 for place in filled], [row[used[0] : used[-1] + 1] for row in rows]


def _titles(grid: Grid) -> int:
    """Return how many of the first rows are titles above the table: only their first cell is filled."""
    if len(grid[0]) < 2:
        return 0
    return next((place for place, row in enumerate(grid[:-1]) if any(map(as_text, row[1:]))), 0)
