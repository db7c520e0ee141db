"""Finds the delimiter of a text table, and the lines above its header, in its first lines."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from dlpy.data.tables.bodies import MOST_CHARACTERS
from dlpy.data.tables.headers import looks_numeric, numeric_columns
from dlpy.data.tables.table_format import BLANKS

Rows = list[tuple[int, list[str]]]  # of each row that is not empty: the line where it begins, from 0, and its cells

_USUAL = ",;\t|"
_SAMPLE_BYTES = 1 << 16
_MOST_SKIPPED = 20
_RUNS = re.compile(rb'"[^"\n]*"|[ \t]+')


@dataclass(frozen=True)
class Sample:
    """The first lines of a text table, and whether they are all of it."""

    text: str
    is_all: bool

    @classmethod
    def of(cls, raw: bytes, start: int, size: int = _SAMPLE_BYTES) -> Sample:
        """Return the lines from byte `start` on: about `size` bytes, or more if these hold less than three rows."""
        stop = raw.rfind(b"\n", start, start + size) + 1 or raw.find(b"\n", start) + 1 or len(raw)
        found = cls(raw[start:stop].decode(), stop == len(raw))
        return found if found.is_all or found.is_enough() else cls.of(raw, start, 16 * size)

    def is_enough(self) -> bool:
        """Return whether these are several rows, or cells that are too large for a table."""
        try:
            return len(self.rows(",")) > 2
        except csv.Error:
            return True

    def rows(self, delimiter: str) -> Rows:
        """Return the cells of each row, without surrounding spaces."""
        if delimiter == BLANKS:
            return Sample(with_tabs(self.text.encode()).decode(), self.is_all).rows("\t")
        csv.field_size_limit(MOST_CHARACTERS)
        reader = csv.reader(io.StringIO(self.text), delimiter=delimiter, skipinitialspace=True)
        rows, line = [], 0
        for cells in reader:
            if cells:
                rows.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num
        return rows if self.is_all or len(rows) < 2 else rows[:-1]  # a quoted cell of the last may be cut off


def with_tabs(raw: bytes) -> bytes:
    """Return text whose columns are separated by runs of spaces with single tabs between them."""
    raw = _RUNS.sub(lambda run: run[0] if run[0].startswith(b'"') else b"\t", raw)
    return re.sub(rb"(?m)^\t|\t$", b"", raw)


def delimiter_of(sample: Sample, *, tabs: bool) -> str:
    """Return the character that divides all lines into the same number of cells, a comma if there is none.

    Args:
        tabs: whether the name of the file says that it is a tab.
    """
    found = {sign: sample.rows(sign) for sign in _USUAL if sign in sample.text}
    if tabs and "\t" in found:
        return "\t"
    for test in (_is_even, _is_even_below):
        best = max(found, key=lambda sign: _rank(found[sign], sign, test), default=",")
        if best in found and test(found[best]):
            return best
        blanks = sample.rows(BLANKS)
        if test(blanks) and any(numeric_columns([cells for _, cells in blanks[1:]])):
            return BLANKS
    return max(found, key=lambda sign: (_usual_width(found[sign])[1], -_USUAL.index(sign)), default=",")


def _rank(rows: Rows, sign: str, test: Callable[[Rows], bool]) -> tuple[bool, float, int, int]:
    """Return a sort key: even rows first, then many numbers, many columns, and usual delimiters."""
    cells = [cell for _, row in rows[1:] or rows for cell in row]
    numbers = round(sum(map(looks_numeric, cells)) / max(1, len(cells)), 2)
    return test(rows), numbers, _usual_width(rows)[0], -_USUAL.index(sign)


def _usual_width(rows: Rows) -> tuple[int, float]:
    """Return the number of cells that most rows have, and their share of the rows; 0 for a single column."""
    widths = Counter(len(cells) for _, cells in rows)
    width, count = max(widths.items(), key=lambda item: item[1], default=(1, 0))
    return width, count / len(rows) if width > 1 else 0.0


def _is_even(rows: Rows) -> bool:
    return _usual_width(rows)[1] == 1


def _is_even_below(rows: Rows) -> bool:
    return lines_above(rows) > 0


def lines_above(rows: Rows) -> int:
    """Return how many of the first rows have fewer cells than all others, which are equally long; 0 if not so."""
    width = len(rows[-1][1]) if rows else 0
    count = next((place for place, (_, cells) in enumerate(rows) if _fits(cells, width)), 0)
    even = all(len(cells) == width for _, cells in rows[count + 1 :])
    fewer = all(len(cells) < width for _, cells in rows[:count])
    return count if even and fewer and count <= _MOST_SKIPPED and len(rows) - count >= max(3, 2 * count) else 0


def _fits(cells: list[str], width: int) -> bool:
    """Return whether cells are as many as the columns, but for empty ones at the end."""
    return len(cells) == width or (len(cells) > width and not any(cells[width:]))
