"""Some rows of a table file: those with a target, and those that are no copies of earlier rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dlpy.data.tables.bodies import Body, Odd
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile


class _Chosen:
    """Some rows of a body, each with the line where it is in the file."""

    def __init__(self, body: Body, rows: np.ndarray) -> None:
        self.body, self.rows = body, rows

    def __len__(self) -> int:
        return len(self.rows)

    def line(self, row: int) -> int:
        return self.body.line(int(self.rows[row]))

    def numbers(self, columns: Sequence[int] | None = None) -> tuple[np.ndarray, list[Odd]]:
        values, odd = self.body.numbers(columns)
        return values[self.rows], [_odd_among(cells, self.rows) for cells in odd]

    def with_decimal(self, mark: str) -> _Chosen:
        return _Chosen(self.body.with_decimal(mark), self.rows)

    def texts(self, columns: list[int]) -> list[list[str]]:
        chosen = self.rows.tolist()
        return [[cells[row] for row in chosen] for cells in self.body.texts(columns)]


def rows_of(file: CsvFile, rows: np.ndarray) -> CsvFile:
    """Return the file with some of its rows, given by their positions in ascending order."""
    return replace(file, body=_Chosen(file.body, rows))


def cells_of(file: CsvFile, column: Column, rows: np.ndarray) -> Column:
    """Return the column of a file in some rows, given by their positions in ascending order."""
    odd = _odd_among(column.odd, rows)
    found = replace(column, values=column.values[rows], missing=_places(column.missing, rows), odd=odd, bad=[])
    if not column.bad:
        return found
    if column.format is None:  # the list was cut off where the column is clearly one of texts
        wrong = [(row, text) for row, text in zip(odd.rows, odd.texts, strict=True) if _is_text(file, column, text)]
        return replace(found, bad=wrong)
    bad = dict(column.bad)
    return replace(found, bad=[(place, bad[int(rows[place])]) for place in _places([*bad], rows)])


def _is_text(file: CsvFile, column: Column, text: str) -> bool:
    return text not in column.markers and file.format.number(text) is None


def without_copies(file: CsvFile, columns: Sequence[Column]) -> np.ndarray:
    """Return the rows that do not equal an earlier row in all of these columns: their positions, ascending."""
    codes = np.empty((len(file), len(columns)))
    for position, column in enumerate(columns):
        codes[:, position] = _codes(file, column)
    return np.sort(np.unique(codes, axis=0, return_index=True)[1])


def _codes(file: CsvFile, column: Column) -> np.ndarray:
    """Return a number for each cell, equal for equal cells: (rows,) float64."""
    if column.is_numeric:
        values = column.values.copy()
        known = values[~np.isnan(values)]
        values[np.isnan(values)] = known.min() - 1 if len(known) else 0.0  # NaN is not equal to itself
        return values
    return np.unique(np.array(file.texts(column.name), np.str_), return_inverse=True)[1].astype(np.float64)


def _places(positions: Sequence[int], rows: np.ndarray) -> list[int]:
    """Return where the given positions are among the rows; those that are not chosen are left out."""
    return np.flatnonzero(np.isin(rows, np.asarray(positions, np.int64))).tolist()


def _odd_among(odd: Odd, rows: np.ndarray) -> Odd:
    texts = dict(zip(odd.rows, odd.texts, strict=True))
    places = _places(odd.rows, rows)
    return Odd(places, [texts[int(rows[place])] for place in places])
