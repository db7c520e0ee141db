"""Cells that have a type already, as in workbooks, Parquet files and JSON, as the cells of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time

import numpy as np

from dlpy.data.tables.bodies import Odd, parsed

_EXACT = 2**53  # larger integers are kept as text: they identify something


class Typed:
    """Columns of numbers, texts, dates, booleans and None, and the line number of each row."""

    def __init__(self, columns: Sequence[Sequence[object]], lines: Sequence[int], decimal: str = ".") -> None:
        self.columns, self.lines, self.decimal = columns, lines, decimal

    def __len__(self) -> int:
        return len(self.lines)

    def line(self, row: int) -> int:
        return self.lines[row]

    def with_decimal(self, mark: str) -> Typed:
        return Typed(self.columns, self.lines, mark)  # of texts; numbers have none

    def numbers(self, columns: Sequence[int] | None = None) -> tuple[np.ndarray, list[Odd]]:
        chosen = self.columns if columns is None else [self.columns[column] for column in columns]
        return parsed([[cell if _is_number(cell) else as_text(cell) for cell in one] for one in chosen], self.decimal)

    def texts(self, columns: list[int]) -> list[list[str]]:
        return [[as_text(cell) for cell in self.columns[column]] for column in columns]


def _is_number(cell: object) -> bool:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return False
    return math.isfinite(cell) if isinstance(cell, float) else abs(cell) <= _EXACT


def as_text(cell: object) -> str:
    """Return a cell as it would be written in a CSV file; "" for None and NaN."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell).strip()
