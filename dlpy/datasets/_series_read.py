"""A file with series as it was read: whole, or in pieces if it needs more memory than `data.memory` allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.core.memory import shown_size
from dlpy.data.tables import column_types, csv_file, piece_reader
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.part_files import bytes_of
from dlpy.datasets._series_columns import formats_in, in_formats, is_numeric, numbers
from dlpy.datasets._series_pieces import table_in_pieces
from dlpy.datasets._series_table import SeriesTable, Wanted, series_table
from dlpy.datasets._series_times import Timeline, timeline_of
from dlpy.datasets._table_options import no_column, no_column_to_predict

if TYPE_CHECKING:
    from dlpy.datasets.timeseries_csv import TimeseriesCsv

Targets = Literal["ignored", "where_known", "required"]


@dataclass(frozen=True)
class ReadSeries:
    """A file that was read.

    file: the file, or its first rows where it was read in pieces. count: its rows. wanted: what was read of it.
    formats: of the columns that are not plain numbers. missing: the number of missing cells of each column.
    about: what is added to the name of the file.
    """

    table: SeriesTable
    file: CsvFile
    count: int
    wanted: Wanted
    formats: dict[str, CellFormat]
    missing: Mapping[str, int]
    about: str = ""

    @property
    def path(self) -> Path:
        """The file."""
        return self.file.path


def to_learn(data: TimeseriesCsv) -> ReadSeries:
    """Return the file of a dataset.

    Raises:
        DataError: the file does not fit the options.
    """
    path = Path(str(data.path))
    in_pieces = data.reads_in_pieces()
    file = piece_reader.head_of(path, data.format).file if in_pieces else csv_file.read(path, data.format)
    return of_file(data, file, in_pieces=in_pieces)


def of_file(data: TimeseriesCsv, file: CsvFile, line: Timeline | None = None, *, in_pieces: bool = False) -> ReadSeries:
    """Return a file of a dataset to learn from, of which all rows, or with `in_pieces` the first ones, are given.

    Args:
        data: the options.
        file: the file.
        line: its timeline, if it is known.

    Raises:
        DataError: the file does not fit the options.
    """
    _check_names(data, file)
    columns = in_formats(file, column_types.columns_of(file), data.columns, [*data.forecast, *data.known], data.formats)
    names = data.columns or [name for name in _free(data, file) if is_numeric(file, columns[name])]
    if not names:
        raise DataError(f"{file.path.name} has no numeric columns; a series needs at least one.")
    wanted = data.wanted(names, data.forecast)
    return _in_pieces(data, file, columns, wanted) if in_pieces else _whole(data, file, columns, wanted, line)


def to_predict(data: TimeseriesCsv, path: Path, targets: Targets = "ignored") -> ReadSeries:
    """Return a file of which all columns of the windows are known.

    Args:
        data: the options of a run.
        path: the file.
        targets: whether the columns to forecast are read, too; where_known: if the file has all of them.

    Raises:
        ConfigError: the columns are not listed. DataError: the file does not fit the options.
    """
    in_pieces, form = data.exceeds_memory(path), data.format_to_predict
    file = piece_reader.head_of(path, form).file if in_pieces else csv_file.read(path, form)
    if data.columns is None:
        raise ConfigError("data: 'columns' must be listed, as in the run's config.yaml.")
    for name in (*data.columns, *data.known, *(data.forecast if targets == "required" else ())):
        if name not in file.names:
            raise no_column_to_predict(file, name)
    reads_targets = targets != "ignored" and {*data.forecast} <= {*file.names}
    columns = column_types.in_given_formats(file, column_types.columns_of(file), data.formats)
    wanted = data.wanted(data.columns, data.forecast if reads_targets else [])
    wanted = replace(wanted, may_lack_targets=targets == "where_known")
    return (_in_pieces if in_pieces else _whole)(data, file, columns, wanted)


def _in_pieces(data: TimeseriesCsv, head: CsvFile, columns: Mapping[str, Column], wanted: Wanted) -> ReadSeries:
    """Return a file of which the first rows are given."""
    formats = formats_in({name: columns[name] for name in wanted.every})
    found = table_in_pieces(data, head, formats, wanted)
    about = f", read in pieces: {shown_size(bytes_of(head.path))} of text is too large for data.memory"
    return ReadSeries(found.table, head, found.count, wanted, formats, found.missing, about)


def _whole(
    data: TimeseriesCsv,
    file: CsvFile,
    columns: Mapping[str, Column],
    wanted: Wanted,
    line: Timeline | None = None,
) -> ReadSeries:
    """Return a file of which all rows are given."""
    formats = formats_in({name: columns[name] for name in wanted.every})
    line = line or timeline_of(file, data.time, data.id, data.date_order)
    missing = {name: np.array(columns[name].missing, np.int64) for name in wanted.every}
    table = series_table(file, missing, line, wanted, numbers(file, columns, wanted.every, wanted.may_lack))
    return ReadSeries(table, file, len(file), wanted, formats, {name: len(rows) for name, rows in missing.items()})


def _free(data: TimeseriesCsv, file: CsvFile) -> list[str]:
    """Return the columns of a file that are features unless others are listed."""
    return [name for name in file.names if name not in (data.time, *(data.id or []), *file.index)]


def _check_names(data: TimeseriesCsv, file: CsvFile) -> None:
    targets = [(f"targets.{name}", [one.column]) for name, one in (data.targets or {}).items()]
    lists = (("target", data.target or []), ("columns", data.columns or []), ("known", data.known))
    for key, names in (*targets, *lists):
        for name in names:
            if name not in file.names:
                raise no_column(file, key, name)
