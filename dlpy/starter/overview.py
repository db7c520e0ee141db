"""The table of columns that `dlpy new` prints: what each one is taken for, why, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields

from dlpy.core.errors import on_a_line, shortened
from dlpy.data.tables import missing_cells
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.starter.identifiers import different
from dlpy.starter.study import Study

MOST_IN_FILE, MOST_ON_SCREEN = 40, 200  # columns; of wider tables only those that are no inputs are shown
_LONGEST = 130  # characters of a cell


@dataclass(frozen=True)
class ColumnLine:
    """A column of the user's table, in words.

    missing: the number of missing cells, with the texts that mark them. distinct: the number of distinct values.
    """

    column: str
    taken_for: str
    why: str
    missing: str
    distinct: int
    becomes: str

    def cells(self) -> tuple[str, ...]:
        """Return the line as texts, long ones shortened."""
        return tuple(shortened(f"{value:,}" if isinstance(value, int) else value, _LONGEST) for value in astuple(self))

    def record(self) -> dict[str, object]:
        """Return the line as a mapping for JSON."""
        return asdict(self)


TITLES = tuple(field.name.replace("_", " ") for field in fields(ColumnLine))


@dataclass(frozen=True)
class Draft:
    """A new experiment file, with what was understood of the data.

    text: the file. notes: sentences about the data, which the file has as comments. columns: those of a table.
    """

    text: str
    notes: tuple[str, ...] = ()
    columns: tuple[ColumnLine, ...] = ()


def overview(study: Study, kinds: Mapping[str, tuple[str, str]], becomes: Mapping[str, str]) -> list[ColumnLine]:
    """Return a line for every column of a table, in the order of the file.

    Args:
        study: the table.
        kinds: what columns are taken for, and why.
        becomes: what becomes of columns that are used; others are left out.
    """
    lines = []
    for name in study.file.names:
        taken_for, why = kinds[name]
        missing, distinct = _counts(study.file, study.columns[name])
        lines.append(ColumnLine(name, taken_for, why, missing, distinct, becomes.get(name, "left out")))
    return lines


def shown(lines: Sequence[ColumnLine], most: int) -> tuple[list[ColumnLine], str]:
    """Return the lines to show, and a line on the others; of a wide table, only columns that are no plain inputs.

    Args:
        lines: those of all columns.
        most: how many columns a table may have for all to be shown.
    """
    chosen = [line for line in lines if len(lines) <= most or not line.becomes.startswith("input")]
    rest = len(lines) - len(chosen)
    return chosen, f"and {rest:,} columns that are inputs; dlpy new --json lists them" if rest else ""


def as_comments(lines: Sequence[ColumnLine]) -> Iterator[str]:
    """Yield the table as aligned lines; of a wide one, only the columns that are no plain inputs."""
    chosen, rest = shown(lines, MOST_IN_FILE)
    rows = [TITLES, *(tuple(map(on_a_line, line.cells())) for line in chosen)]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(_padded, row, widths, TITLES)).rstrip()
    if rest:
        yield rest


def _padded(cell: str, width: int, title: str) -> str:
    return cell.rjust(width) if title == "distinct" else cell.ljust(width)


def _counts(file: CsvFile, column: Column) -> tuple[str, int]:
    """Return the number of missing cells with the texts that mark them, and the number of distinct values."""
    texts = missing_cells.counted(file, {column.name: column.missing}).get(column.name, {})
    marks = [f"'{text}'" for text in texts if text]
    missing = f"{len(column.missing):,}" + (f" {', '.join(marks)}" if marks else "")
    return missing, different(file, column)
