"""Cells that have a type already, as in workbooks, Parquet files and JSON, as the cells of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time

import numpy as np

from dlpy.data.tables.bodies import Odd

_EXACT = 2**53  # larger integers are kept as text: they identify something


class Typed:
    """Columns of numbers, texts, dates, booleans and None, and the line number of each row."""

    def __init__(self, columns: Sequence[Sequence[object]], lines: Sequence[int]) -> None:
        self.columns, self.lines = columns, lines

    def __len__(self) -> int:
        return len(self.lines)

    def line(self, row: int) -> int:
        return self.lines[row]

    def with_decimal(self, mark: str) -> Typed:
        return self  # only texts have marks

    def numbers(self) -> tuple[np.ndarray, list[Odd]]:
        values, odd = np.full((len(self), len(self.columns)), np.nan), [Odd() for _ in self.columns]
        for place, column in enumerate(self.columns):
            for row, cell in enumerate(column):
                if _is_number(cell):
                    values[row, place] = cell
                else:
                    odd[place].rows.append(row)
                    odd[place].texts.append(as_text(cell))
        return values, odd

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
