"""A table whose columns are looked at many times: what is read of each is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from dlpy.data.tables.bodies import Around, Body, Odd
from dlpy.data.tables.csv_file import CsvFile

File = TypeVar("File", bound=CsvFile)
Found = TypeVar("Found")


class Remembered(Around):
    """The rows of another body, of which each column is read once."""

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self._texts: dict[int, list[str]] = {}
        self._numbers: tuple[np.ndarray, list[Odd]] | None = None
        self._found: dict[object, Any] = {}

    def numbers(self, columns: Sequence[int] | None = None) -> tuple[np.ndarray, list[Odd]]:
        if columns is not None:
            return self.body.numbers(columns)
        if self._numbers is None:
            self._numbers = self.body.numbers()
        values, odd = self._numbers
        return values.copy(), odd  # the cells that are odd are filled in

    def texts(self, columns: list[int]) -> list[list[str]]:
        new = [column for column in columns if column not in self._texts]
        self._texts |= dict(zip(new, self.body.texts(new) if new else [], strict=True))
        return [self._texts[column] for column in columns]

    def found(self, key: object, find: Callable[[], Found]) -> Found:
        """Return what `find` returns, which is called once for each key."""
        if key not in self._found:
            self._found[key] = find()
        return self._found[key]


def remembered(file: File) -> File:
    """Return a table of which each column is read once."""
    return replace(file, body=Remembered(file.body))


def once(file: CsvFile, key: object, find: Callable[[], Found]) -> Found:
    """Return what `find` returns, which is called once for each key and each table that is remembered."""
    return file.body.found(key, find) if isinstance(file.body, Remembered) else find()
