"""A file with series that is larger than memory: read once in pieces into a cache on disk, and used from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from dlpy.core.errors import DataError
from dlpy.core.progress import progress_bar
from dlpy.data.stored.mapped_rows import changed, mapped
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

_RAW = {"numbers": np.float64, "times": "datetime64[us]", "owners": np.int32}  # what is read, and of which type
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
        return times_like(self.dates, self.first_time, self.head, file, self.data.time)


@dataclass
class _Read:
    """What was read so far.

    names: of the series, in the order in which they occur. missing: the rows of each column without a value, piece by
    piece. starts: the first row of each piece, and the number of all rows.
    """

    names: dict[str, int]
    missing: dict[str, list[np.ndarray]]
    starts: list[int]

    def missing_rows(self) -> dict[str, np.ndarray]:
        """Return the rows of each column without a value: (rows,) int64."""
        return {name: np.concatenate([np.empty(0, np.int64), *rows]) for name, rows in self.missing.items()}


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


@dataclass(frozen=True)
class _RawFiles:
    """Files of what was read, in the order of the file that was read."""

    folder: Path

    def write(self) -> AbstractContextManager[dict[str, BinaryIO]]:
        """Return the files to write to, by name."""
        return _opened({name: self.folder / f"raw.{name}.bin" for name in _RAW})

    def read(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return what is in a file."""
        return mapped(self.folder / f"raw.{name}.bin", _RAW[name], shape)

    def remove(self) -> None:
        """Remove the files, which may still be in use."""
        for name in _RAW:
            (self.folder / f"raw.{name}.bin").unlink()


@contextmanager
def _opened(paths: Mapping[str, Path]) -> Iterator[dict[str, BinaryIO]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(path.open("wb")) for name, path in paths.items()}


def _table(reader: _Reader, folder: Path) -> StoredSeries:
    """Return the series of a file.

    Args:
        reader: of the file.
        folder: where what is read is written in the order of the file.
    """
    raw = _RawFiles(folder)
    read = _written(reader, raw)
    wanted, count = reader.wanted, read.starts[-1]
    values = raw.read("numbers", (count, len(wanted.every)))
    line, missing = _timeline(reader, read, raw), read.missing_rows()
    raw.remove()
    table = series_table(_Cells(reader, read.starts), missing, line, wanted, values)
    return StoredSeries(table, count, {name: len(rows) for name, rows in missing.items()})


def _written(reader: _Reader, raw: _RawFiles) -> _Read:
    """Write the numbers, the times and the series of the rows of a file, and return the rest of what is read."""
    data, wanted, total = reader.data, reader.wanted, bytes_of(reader.head.path)
    read = _Read({}, {name: [] for name in wanted.every}, [0])
    with raw.write() as files, progress_bar(f"reading {reader.head.path.name}", in_bytes=True) as progress:
        for piece in reader.pieces():
            columns, before = reader.columns(piece.file), read.starts[-1]
            files["numbers"].write(
                np.ascontiguousarray(numbers(piece.file, columns, wanted.every, wanted.may_lack)).data
            )
            files["times"].write(reader.times(piece.file).view(np.int64).data)
            files["owners"].write(_owners(piece.file, data.id, read.names).data)
            for name, rows in read.missing.items():
                rows.append(np.array(columns[name].missing, np.int64) + before)
            read.starts.append(before + len(piece.file))
            progress(piece.done, total)
    return read


def _owners(file: CsvFile, of: Sequence[str] | None, known: dict[str, int]) -> np.ndarray:
    """Return the number of each row's series, (rows,) int32; names that are new get the next ones.

    Args:
        of: the columns of the names; None for a single series.
    """
    if of is None:
        return np.zeros(len(file), np.int32)
    return np.array([known.setdefault(name, len(known)) for name in names_of_series(file, of)], np.int32)


def _timeline(reader: _Reader, read: _Read, raw: _RawFiles) -> Timeline:
    """Return the timeline of all rows."""
    dates, ids, count = reader.dates, tuple(sorted(read.names)), read.starts[-1]
    rank = np.argsort(np.argsort([*read.names])) if ids else np.zeros(1, np.int64)
    owners = raw.read("owners", (count,))
    owner = changed(owners, lambda some: rank[owners[some]])
    every = None if dates is None else replace(dates, times=raw.read("times", (count,)))
    return arranged(every, ids, owner)
