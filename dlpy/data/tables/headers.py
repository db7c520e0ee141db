"""Finds the header of a table by comparing its first row with the others, and gives every column a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from dlpy.core.errors import DataError
from dlpy.data.tables import decimals

UNNAMED = re.compile(r"Unnamed: (\d+)")

_MOST_COLUMNS = 100_000
_MOSTLY = 0.9  # of the cells
_MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "?", "-", "."))
_MARKED = re.compile(r"[+-]?\d[\d.,' ]*|[+-]?[.,]\d+")
_YEARS = range(1_500, 2_200)


def looks_numeric(text: str) -> bool:
    """Return whether a cell is a number, with any decimal mark and thousands mark."""
    return decimals.number(text) is not None or _MARKED.fullmatch(text) is not None


def numeric_columns(rows: Sequence[Sequence[str]]) -> list[bool]:
    """Return for each column whether its cells are numbers, but for a few and for missing ones."""
    columns = ([cell for cell in column if cell.lower() not in _MISSING] for column in zip(*rows, strict=False))
    return [bool(cells) and sum(map(looks_numeric, cells)) >= _MOSTLY * len(cells) for cells in columns]


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of some rows of equal length holds names rather than a row of the table.

    A row of numbers is no header, unless they count or are years. Neither is a row that has a number in each numeric
    column, if one of its cells occurs again in its column.
    """
    first, rest = rows[0], rows[1:]
    if _counts(first):
        return True
    if all(map(looks_numeric, first)):
        return False
    numeric = numeric_columns(rest)
    cells = [cell for cell, number in zip(first, numeric, strict=False) if number]
    if not cells or not all(map(looks_numeric, cells)) or _counts(cells):
        return True
    if any(cell == "" for cell in first):
        return any(row[0] for row in rest) and first[0] == ""
    return not any(cell in column for cell, column in zip(first, zip(*rest, strict=False), strict=False))


def _counts(cells: Sequence[str]) -> bool:
    """Return whether cells are 0, 1, 2 ..., or 1, 2, 3, 4, 5 ..., or years in order."""
    if len(cells) < 3 or not all(cell.isascii() and cell.isdigit() for cell in cells):
        return False
    values = [int(cell) for cell in cells]
    if values[0] in _YEARS and values[-1] in _YEARS:
        return values == sorted(set(values))
    count = len(values)
    return values == list(range(count)) or (count > 4 and values == list(range(1, count + 1)))


def check_count(path: Path, columns: int, line: int) -> None:
    """Raise DataError if a table has too many columns."""
    if columns > _MOST_COLUMNS:
        raise DataError(f"{path.name}:{line}: {columns:,} columns; at most {_MOST_COLUMNS:,} are supported.")


def named(given: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return a name for each column, and notes on the names that were changed.

    A column without a name is named by its position as in pandas, "Unnamed: 0"; a repeated name gets a number: "x_2".
    """
    names = [name or f"Unnamed: {position}" for position, name in enumerate(given)]
    taken, found, repeated = set(names), [], {}
    for name in names:
        if name in repeated:
            repeated[name] = _free(name, taken, repeated[name][1] + 1)
            found.append(repeated[name][0])
        else:
            repeated[name] = (name, 1)
            found.append(name)
    changed = [(name, new) for name, new in zip(names, found, strict=True) if name != new]
    notes = [f"several columns are named '{name}': one of them is read as '{new}'" for name, new in changed[:5]]
    return tuple(found), notes


def _free(name: str, taken: set[str], number: int) -> tuple[str, int]:
    """Return the name with the first number from `number` on that no column has, and the number."""
    while f"{name}_{number}" in taken:
        number += 1
    taken.add(f"{name}_{number}")
    return f"{name}_{number}", number
