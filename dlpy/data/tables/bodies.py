"""The cells of a table below its header: parses numbers at once and text on request, and knows the line of each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables import decimals
from dlpy.data.tables.table_format import marked_number

MOST_CHARACTERS = 10_000_000  # of a quoted cell, and of a line without quotes


@dataclass(frozen=True)
class Odd:
    """The cells of a column that are not plain decimals: missing cells, text, or numbers like 1e5."""

    rows: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class Body(Protocol):
    """The cells below the header."""

    def __len__(self) -> int: ...

    def line(self, row: int) -> int:
        """Return the line number in the file where a row begins; the first line is 1."""
        ...

    def numbers(self, columns: Sequence[int] | None = None) -> tuple[np.ndarray, list[Odd]]:
        """Return the given columns, or all: (rows, columns) float64, and for each the cells that were not parsed."""
        ...

    def texts(self, columns: list[int]) -> list[list[str]]:
        """Return the cells of the given columns as written, without surrounding spaces."""
        ...

    def with_decimal(self, mark: str) -> Body:
        """Return the same cells, whose numbers have another decimal mark than a dot."""
        ...


class Quoted:
    """Rows read by the csv module, each with its line number."""

    def __init__(self, name: str, rows: list[tuple[int, list[str]]], width: int, decimal: str = ".") -> None:
        for line, cells in rows:
            check_width(name, line, len(cells), width)
        self.name, self.rows, self.width, self.decimal = name, rows, width, decimal

    def __len__(self) -> int:
        return len(self.rows)

    def line(self, row: int) -> int:
        return self.rows[row][0]

    def with_decimal(self, mark: str) -> Quoted:
        return Quoted(self.name, self.rows, self.width, mark)

    def numbers(self, columns: Sequence[int] | None = None) -> tuple[np.ndarray, list[Odd]]:
        return parsed(self.texts(list(range(self.width) if columns is None else columns)), self.decimal)

    def texts(self, columns: list[int]) -> list[list[str]]:
        return [[cells[column].strip() for _, cells in self.rows] for column in columns]


class Chosen:
    """Some columns of another body, by position."""

    def __init__(self, body: Body, columns: Sequence[int]) -> None:
        self.body, self.columns = body, list(columns)

    def __len__(self) -> int:
        return len(self.body)

    def line(self, row: int) -> int:
        return self.body.line(row)

    def with_decimal(self, mark: str) -> Chosen:
        return Chosen(self.body.with_decimal(mark), self.columns)

    def numbers(self, columns: Sequence[int] | None = None) -> tuple[np.ndarray, list[Odd]]:
        return self.body.numbers(self.columns if columns is None else [self.columns[column] for column in columns])

    def texts(self, columns: list[int]) -> list[list[str]]:
        return self.body.texts([self.columns[column] for column in columns])


class Joined:
    """The rows of several files, one after the other."""

    def __init__(self, bodies: Sequence[Body]) -> None:
        self.bodies = list(bodies)
        self.starts = np.cumsum([0, *map(len, bodies)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def part(self, row: int) -> int:
        """Return the number of the file that holds a row."""
        return int(np.searchsorted(self.starts, row, "right")) - 1

    def line(self, row: int) -> int:
        return self.bodies[self.part(row)].line(row - int(self.starts[self.part(row)]))

    def with_decimal(self, mark: str) -> Joined:
        return Joined([body.with_decimal(mark) for body in self.bodies])

    def numbers(self, columns: Sequence[int] | None = None) -> tuple[np.ndarray, list[Odd]]:
        parts = [body.numbers(columns) for body in self.bodies]
        odd = [
            Odd(
                [row + start for start, one in zip(self.starts.tolist(), column, strict=False) for row in one.rows],
                [text for one in column for text in one.texts],
            )
            for column in zip(*(odd for _, odd in parts), strict=True)
        ]
        return np.concatenate([values for values, _ in parts]), odd

    def texts(self, columns: list[int]) -> list[list[str]]:
        parts = [body.texts(columns) for body in self.bodies]
        return [[text for texts in column for text in texts] for column in zip(*parts, strict=True)]


class Around:
    """A body that holds another one, and reads some of its cells in its own way."""

    def __init__(self, body: Body) -> None:
        self.body = body

    def __len__(self) -> int:
        return len(self.body)

    def line(self, row: int) -> int:
        return self.body.line(row)

    def with_decimal(self, mark: str) -> Body:
        return self.body.with_decimal(mark)


class Parsed(Around):
    """A body whose numbers have been parsed already: they are handed to the first who asks."""

    def __init__(self, body: Body, parsed: tuple[np.ndarray, list[Odd]]) -> None:
        super().__init__(body)
        self._parsed: tuple[np.ndarray, list[Odd]] | None = parsed

    def numbers(self, columns: Sequence[int] | None = None) -> tuple[np.ndarray, list[Odd]]:
        parsed, self._parsed = self._parsed, None
        if parsed is None or columns is None:
            return parsed or self.body.numbers(columns)
        return parsed[0][:, list(columns)], [parsed[1][column] for column in columns]

    def texts(self, columns: list[int]) -> list[list[str]]:
        return self.body.texts(columns)


def parsed(columns: Sequence[Sequence[object]], decimal: str) -> tuple[np.ndarray, list[Odd]]:
    """Return columns of texts and numbers as (rows, columns) float64, and for each what is no plain number."""
    values, odd = np.full((len(columns[0]), len(columns)), np.nan), [Odd() for _ in columns]
    number = decimals.number if decimal == "." else partial(marked_number, decimal=decimal, thousands=None)
    for place, column in enumerate(columns):
        for row, cell in enumerate(column):
            value = number(cell) if isinstance(cell, str) else cell
            if value is None or (isinstance(cell, str) and decimals.is_padded(cell)):
                odd[place].rows.append(row)
                odd[place].texts.append(str(cell))
            else:
                values[row, place] = value
    return values, odd


def check_width(name: str, line: int, found: int, expected: int) -> None:
    """Raise DataError if a row has more or fewer cells than the header."""
    if found != expected:
        cells = "1 cell" if found == 1 else f"{found} cells"
        longer = "Put text that contains the delimiter in quotes. Lines above the header? Set data.skip_lines."
        hint = longer if found > expected else "Is the line cut off?"
        raise DataError(f"{name}:{line}: {cells}, but the header has {expected} columns. {hint}")
