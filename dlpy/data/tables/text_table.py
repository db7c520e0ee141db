"""Reads a text table: finds its delimiter, its header and the lines that are no part of it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

from dlpy.core.errors import DataError
from dlpy.data.tables import decimals
from dlpy.data.tables.bodies import MOST_CHARACTERS, Body, Quoted
from dlpy.data.tables.delimiters import Rows, Sample, delimiter_of, lines_above, with_tabs
from dlpy.data.tables.headers import check_count, has_header, looks_numeric, numeric_columns
from dlpy.data.tables.marks import has_comma
from dlpy.data.tables.part import Header, Part, header_of, part_of
from dlpy.data.tables.plain_text import Lines, Plain, without_quotes
from dlpy.data.tables.table_format import AUTO, BLANKS, TableFormat

_SEPARATOR = re.compile(rb'"?sep=(.)"?[ ,;\t]*\n')


@dataclass(frozen=True)
class Text:
    """A text from byte `start` on, which is line `line` of the file, and the comment above it."""

    path: Path
    raw: bytes
    start: int
    line: int
    comment: str = ""

    def after(self, count: int) -> Text:
        """Return the text without its first lines."""
        start = self.start
        for _ in range(count):
            start = self.raw.find(b"\n", start) + 1 or len(self.raw)
        return replace(self, start=start, line=self.line + count)


def read_text(path: Path, raw: bytes, given: TableFormat) -> Part:
    """Return the table in a UTF-8 text.

    Raises:
        DataError: it is no table: empty, or its rows have different lengths.
    """
    try:
        return _read(Text(path, _with_newlines(path, raw), 0, 1), given)
    except csv.Error as error:  # a cell is too large
        raise DataError(f"{path.name}:1: not valid CSV: {error}.") from None


def rows_of(text: Text, form: TableFormat, *, width: int, is_last: bool) -> Body | None:
    """Return the cells in some lines below the header, of a table whose form is known; None if there are none.

    Args:
        text: whole lines of a file, as UTF-8, and the number of the first.
        form: of the table.
        width: the number of cells in a line.
        is_last: whether the file ends with these lines.
    """
    if text.raw.isspace():
        return None
    text = replace(text, raw=_with_newlines(text.path, text.raw))
    if form.comment:
        raw = re.compile(rb"(?m)^" + re.escape(form.comment.encode()) + rb"[^\n]*").sub(b"", text.raw)
        text = replace(text, raw=raw)
    text = _without_empty_rows(text, form.delimiter, width)[0] if is_last else text
    try:
        body = _body(text, form.delimiter, width)
    except csv.Error as error:  # a cell is too large
        raise DataError(f"{text.path.name}:{text.line}: not valid CSV: {error}.") from None
    return body if len(body) else None


def _read(text: Text, given: TableFormat) -> Part:
    path = text.path
    text, form = _without_separator_line(text, given)
    text = text.after(form.skip_lines if isinstance(form.skip_lines, int) else 0)
    text, form = _without_comments(text, form)
    sample = Sample.of(text.raw, text.start)
    if form.delimiter == AUTO:
        form = replace(form, delimiter=delimiter_of(sample, tabs=".tsv" in path.suffixes))
    rows = sample.rows(form.delimiter)
    if not rows:
        raise DataError(f"{path} is empty.")
    text, rows, form, notes = _without_lines_above(text, rows, form)
    header, body_at = _header(rows, text, form)
    check_count(path, len(header.names), header.line)
    text, empty = _without_empty_rows(text.after(body_at), form.delimiter, len(header.names))
    body = _body(text, form.delimiter, len(header.names))
    if not len(body):
        raise DataError(f"{path} contains column names but no rows.")
    notes += [f"rows without a single value at the end: {empty:,}, left out"] if empty else []
    form = replace(form, header=header.found, skip_lines=0 if form.skip_lines == AUTO else form.skip_lines)
    return replace(part_of(path, header, body, form, notes), comma=has_comma([cells for _, cells in rows[1:]]))


def _with_newlines(path: Path, raw: bytes) -> bytes:
    """Return the text with every line ended by a newline, the last too."""
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if raw.endswith(b"\n\n") or not raw.endswith(b"\n"):
        raw = raw.rstrip(b"\n") + b"\n"
    if raw.isspace():
        raise DataError(f"{path} is empty.")
    return raw


def _without_separator_line(text: Text, form: TableFormat) -> tuple[Text, TableFormat]:
    """Return the text without Excel's first line "sep=;", and the format with that delimiter."""
    found = _SEPARATOR.match(text.raw)
    if not found or form.skip_lines not in (AUTO, 0):
        return text, form
    return text.after(1), replace(form, delimiter=found[1].decode(errors="replace"))


def _without_comments(text: Text, form: TableFormat) -> tuple[Text, TableFormat]:
    """Return the text without its comment lines.

    Unless the format tells, comments are looked for above the header: a single line there that has as many cells as the
    rows is the header. Comment lines below are emptied, so that lines are still counted.
    """
    sign = ("#" if form.comment == AUTO else form.comment or "").encode()
    if not sign:
        return text, form
    line = re.compile(rb"(?m)^" + re.escape(sign) + rb"[^\n]*")
    above = _matched(rb"(?:(?:" + re.escape(sign) + rb"[^\n]*)?\n)*", text)
    if form.comment == AUTO and (sign not in above or _is_header(text, form)):
        return text, replace(form, comment=None)
    last = next((line for line in reversed(above.split(b"\n")) if line), b"")
    text = text.after(above.count(b"\n"))
    raw = text.raw[: text.start] + line.sub(b"", text.raw[text.start :])
    return replace(text, raw=raw, comment=last.removeprefix(sign).decode().strip()), replace(
        form, comment=sign.decode()
    )


def _matched(pattern: bytes, text: Text) -> bytes:
    found = re.compile(pattern).match(text.raw, text.start)
    return found[0] if found else b""


def _is_header(text: Text, form: TableFormat) -> bool:
    """Return whether the first line, which begins like a comment, has as many cells as the lines below."""
    sample = Sample.of(text.raw, text.start)
    delimiter = delimiter_of(sample, tabs=False) if form.delimiter == AUTO else form.delimiter
    widths = {len(cells) for _, cells in sample.rows(delimiter)}
    return len(widths) == 1 and widths != {1} and not text.raw.startswith(b"#", text.raw.find(b"\n", text.start) + 1)


def _without_lines_above(text: Text, rows: Rows, form: TableFormat) -> tuple[Text, Rows, TableFormat, list[str]]:
    """Return the text without lines above the header, such as titles; a header that lacks a name gets it instead."""
    count = lines_above(rows) if form.skip_lines == AUTO else 0
    if not count:
        return text, _completed(rows), form, []
    below = [cells for _, cells in rows[count:]]
    lacks = len(below[-1]) - len(rows[0][1])
    names = rows[0][1] if count == 1 and lacks == 1 and form.header is not False else []
    if len(names) > 1 and not any(map(looks_numeric, names)):
        empty = not any(cells[-1] for cells in below)
        header = [*names, ""] if empty else ["", *names]  # R names the rows in a column without a name
        return text, [(rows[0][0], header), *rows[1:]], form, []
    if not any(numeric_columns(below[1:])):
        return text, rows, form, []
    skipped = rows[count][0]
    form = replace(form, skip_lines=text.line - 1 + skipped)
    lines = f"line {text.line} is" if skipped == 1 else f"lines {text.line} to {text.line + skipped - 1} are"
    moved = _completed([(line - skipped, cells) for line, cells in rows[count:]])
    return replace(text.after(skipped), comment=""), moved, form, [f"{lines} above the table: left out"]


def _completed(rows: Rows) -> Rows:
    """Return the rows without the empty names at the end of a header that is longer than all other rows."""
    header, width = rows[0][1], max((len(cells) for _, cells in rows[1:]), default=0)
    if width < len(header) and width and not any(header[width:]):
        return [(rows[0][0], header[:width]), *rows[1:]]
    return rows


def _header(rows: Rows, text: Text, form: TableFormat) -> tuple[Header, int]:
    """Return the header, and how many lines of the text are above the rows."""
    cells = [row for _, row in rows if len(row) == len(rows[0][1])]
    header = header_of(cells, form, text.line + rows[0][0])
    if header.found:
        return header, rows[1][0] if len(rows) > 1 else text.raw.count(b"\n", text.start)
    above = Sample(text.comment, is_all=True).rows(form.delimiter) if text.comment else []
    if form.header == AUTO and above and len(above[0][1]) == len(cells[0]) > 1 and has_header([above[0][1], *cells]):
        return Header(above[0][1], max(1, text.line - 1)), rows[0][0]
    return header, rows[0][0]


def _without_empty_rows(text: Text, delimiter: str, width: int) -> tuple[Text, int]:
    """Return the text without the rows at its end that consist of delimiters, and their number."""
    row, raw, count = delimiter.encode() * (width - 1) + b"\n", text.raw, 0
    end = len(raw)
    while width > 1 and end - len(row) > text.start and raw[end - len(row) - 1 : end] == b"\n" + row:
        end, count = end - len(row), count + 1
    return (replace(text, raw=raw[:end]), count) if count else (text, 0)


def _body(text: Text, delimiter: str, width: int) -> Body:
    raw, name = text.raw, text.path.name
    if delimiter == BLANKS:
        raw, delimiter = with_tabs(raw[text.start :]), "\t"
        text = replace(text, raw=raw, start=0)
    empty_lines = raw.startswith(b"\n", text.start) or raw.find(b"\n\n", text.start) >= 0
    if raw.find(b'"', text.start) < 0 and not empty_lines:
        return Plain(Lines(name, raw, text.start, text.line, delimiter, width))
    bare = None if empty_lines else without_quotes(raw[text.start :], delimiter)
    if bare is not None:  # as exact as Python's float, as numbers in quotes have always been
        return Plain(Lines(name, bare, 0, text.line, delimiter, width, decimals.EXACT_DIGITS))
    return Quoted(name, _csv_rows(text, delimiter), width)


def _csv_rows(text: Text, delimiter: str, *, escaped: bool = False) -> Rows:
    """Return the cells of every non-empty row, with the line where it begins.

    Args:
        escaped: whether a quote inside quotes is written \\", not twice; tried if the text is not valid otherwise.
    """
    csv.field_size_limit(MOST_CHARACTERS)  # texts can be long
    content = io.StringIO(text.raw[text.start :].decode())
    escape = "\\" if escaped else None
    reader = csv.reader(content, delimiter=delimiter, strict=True, skipinitialspace=True, escapechar=escape)
    rows, line = [], text.line
    try:
        for cells in reader:
            if cells:
                rows.append((line, cells))
            line = text.line + reader.line_num
    except csv.Error as error:
        if not escaped and b'\\"' in text.raw:
            return _csv_rows(text, delimiter, escaped=True)
        name = text.path.name
        raise DataError(f"{name}:{line}: not valid CSV: {error}. Inside quotes, write a quote twice.") from None
    return rows
