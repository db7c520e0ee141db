"""A file with series that is larger than memory: read once in pieces into a cache on disk, and used from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import DataError
from dlpy.core.progress import progress_bar
from dlpy.data.stored.mapped_rows import mapped
from dlpy.data.tables import column_types, piece_reader
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import Dates
from dlpy.data.tables.part_files import bytes_of
from dlpy.datasets import _series_store as store
from dlpy.datasets._csv_store import key_of
from dlpy.datasets._series_columns import numbers
from dlpy.datasets._series_stamps import read_dates, times_like
from dlpy.datasets._series_store import StoredSeries
from dlpy.datasets._series_table import Wanted, series_table
from dlpy.datasets._series_times import Timeline, arranged, names_of_series
from dlpy.storage.filled_folder import filled_once

if TYPE_CHECKING:
    from dlpy.datasets.timeseries_csv import TimeseriesCsv

_DECIDES = ("time", "id", "date_order", "lookback", "step", "delay", "horizon")


def table_in_pieces(
    data: TimeseriesCsv, head: CsvFile, formats: Mapping[str, CellFormat], wanted: Wanted
) -> StoredSeries:
    """Return the series of a file, whose numbers stay on disk.

    Args:
        data: the options.
        head: the first rows of the file, which decide how the others are read.
        formats: of the columns that are not plain numbers.
        wanted: what is read of the file.

    Raises:
        DataError: the file does not fit the options.
    """
    told = {name: getattr(data, name) for name in _DECIDES}
    key = key_of(head.path, told | {"wanted": str(wanted), "found": str([formats, head.format])})
    folder, reader = store.folder_of(key), _Reader(data, head, formats, wanted)
    fill = partial(store.write, folder, bytes_of(head.path), partial(_table, reader))
    return filled_once(folder, store.read, fill)


@dataclass(frozen=True)
class _Reader:
    """Reads a file piece by piece."""

    data: TimeseriesCsv
    head: CsvFile
    formats: Mapping[str, CellFormat]
    wanted: Wanted

    @cached_property
    def dates(self) -> Dates | None:
        """The times of the first rows."""
        time = self.data.time
        return None if time is None else read_dates(self.head, time, self.data.date_order)

    @cached_property
    def first_time(self) -> str:
        """The time of the first row as written, or nothing."""
        return "" if self.data.time is None else self.head.cell(0, self.data.time)

    def pieces(self) -> Iterator[piece_reader.Piece]:
        """Yield the rows of the file."""
        path = self.head.path
        yield from piece_reader.pieces_of(path, piece_reader.head_of(path, self.head.format))

    def columns(self, file: CsvFile) -> dict[str, Column]:
        """Return the columns of a piece."""
        return column_types.in_given_formats(file, column_types.columns_of(file, names=self.wanted.every), self.formats)

    def times(self, file: CsvFile) -> np.ndarray:
        """Return the times of a piece."""
        if self.dates is None or self.data.time is None:
            return np.empty(0, "datetime64[us]")
        return times_like(self.dates, self.first_time, file, self.data.time)


@dataclass
class _Read:
    """What was read so far.

    times, owners: of each piece; owners by the order in which they occur. names: of the series. missing: the rows of
    each column without a value. starts: the first row of each piece, and the number of all rows.
    """

    times: list[np.ndarray]
    owners: list[np.ndarray]
    names: dict[str, int]
    missing: dict[str, list[int]]
    starts: list[int]


@dataclass(frozen=True)
class _Cells:
    """The cells of a file, of which those that messages name are read again."""

    reader: _Reader
    starts: list[int]

    @property
    def path(self) -> Path:
        return self.reader.head.path

    def __len__(self) -> int:
        return self.starts[-1]

    def cell(self, row: int, name: str) -> str:
        file, place = self._piece(row)
        return file.cell(place, name)

    def where(self, row: int, name: str) -> str:
        file, place = self._piece(row)
        return file.where(place, name)

    def _piece(self, row: int) -> tuple[CsvFile, int]:
        for piece, (first, stop) in zip(self.reader.pieces(), pairwise(self.starts), strict=False):
            if first <= row < stop:
                return piece.file, row - first
        raise DataError(f"{self.path} was changed while it was being read.")


def _table(reader: _Reader, raw: Path) -> StoredSeries:
    """Return the series of a file.

    Args:
        reader: of the file.
        raw: where the numbers are written in the order of the file.
    """
    read = _numbers_written(reader, raw)
    wanted, count = reader.wanted, read.starts[-1]
    values = mapped(raw, np.float64, (count, len(wanted.every)))
    raw.unlink()
    nothing = np.empty(0)
    columns = {name: Column(name, nothing, rows, []) for name, rows in read.missing.items()}
    line = _timeline(reader, read)
    table = series_table(_Cells(reader, read.starts), columns, line, wanted, values)
    return StoredSeries(table, count, {name: len(rows) for name, rows in read.missing.items()})


def _numbers_written(reader: _Reader, raw: Path) -> _Read:
    """Write the numbers of a file row after row, and return the rest of what is read."""
    data, total = reader.data, bytes_of(reader.head.path)
    read = _Read([], [], {}, {name: [] for name in reader.wanted.every}, [0])
    with raw.open("wb") as file, progress_bar(f"reading {reader.head.path.name}", in_bytes=True) as progress:
        for piece in reader.pieces():
            columns, before = reader.columns(piece.file), read.starts[-1]
            file.write(np.ascontiguousarray(numbers(piece.file, columns, reader.wanted.every)).data)
            read.times.append(reader.times(piece.file))
            if data.id is not None:
                cells = names_of_series(piece.file, data.id)
                codes = [read.names.setdefault(name, len(read.names)) for name in cells]
                read.owners.append(np.array(codes, np.int32))
            for name, rows in read.missing.items():
                rows += [row + before for row in columns[name].missing]
            read.starts.append(before + len(piece.file))
            progress(piece.done, total)
    return read


def _timeline(reader: _Reader, read: _Read) -> Timeline:
    """Return the timeline of all rows."""
    dates, ids = reader.dates, tuple(sorted(read.names))
    rank = np.argsort(np.argsort([*read.names])) if ids else np.empty(0, np.int64)
    owner = rank[np.concatenate(read.owners)] if ids else np.zeros(read.starts[-1], np.int64)
    every = None if dates is None else replace(dates, times=np.concatenate(read.times))
    read.owners.clear()
    read.times.clear()
    return arranged(every, ids, owner)
