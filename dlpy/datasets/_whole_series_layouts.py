"""The three layouts in which whole series are read: a long table, a wide table, and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import DataError, did_you_mean
from dlpy.data.tables import csv_file
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.missing_cells import MISSING
from dlpy.datasets._cells import Cells
from dlpy.datasets._folder_parts import by_part
from dlpy.datasets._image_files import Listing, require_inside, stays_inside
from dlpy.datasets._table_options import no_column, no_column_to_predict
from dlpy.datasets._whole_series import Collection
from dlpy.datasets._whole_series_files import FileForm, by_class_folder, series_in_files, series_under
from dlpy.datasets._whole_series_labels import Labels, labels_in, rows_with_series, table_of_labels
from dlpy.datasets._whole_series_tables import channels_of, long_series, owners_of, require_constant, wide_series

if TYPE_CHECKING:
    from dlpy.datasets.whole_series import WholeSeries


@dataclass(frozen=True)
class Labelled:
    """Series with their labels, options that were found, and lines about them."""

    series: Collection
    labels: Labels
    resolved: dict[str, object]
    notes: tuple[str, ...] = ()


def labelled(data: WholeSeries) -> Labelled:
    """Return the series of a dataset with their labels."""
    layouts: dict[str, Callable[[WholeSeries], Labelled]] = {"long": _long, "wide": _wide, "files": _files}
    return layouts[data.chosen_layout](data)


def unlabelled(data: WholeSeries, path: Path) -> Collection:
    """Return the series of a file to predict, or of a folder."""
    if data.chosen_layout == "files":
        paths = [*series_under(path)] if path.is_dir() else [path]
        if not paths:
            raise DataError(f"{path} contains no files of series.")
        names = [file.relative_to(path).as_posix() if path.is_dir() else file.name for file in paths]
        return series_in_files(paths, names, replace(_form(data), format=data.format_to_predict))[0]
    cells = Cells.of(path, data.format_to_predict, MISSING)
    file = cells.file
    for name in [*(data.columns or []), *([data.id] if data.id else []), *([data.time] if data.time else [])]:
        if name not in file.names:
            raise no_column_to_predict(file, name)
    if data.chosen_layout == "wide":
        return wide_series(cells, data.columns or [], _names(data, file))
    return long_series(cells, str(data.id), (data.time, data.date_order), data.columns or [])


def carried(data: WholeSeries, path: Path, names: list[str]) -> dict[str, list[str]]:
    """Return the cells of columns of a table to predict, one for each series."""
    file = csv_file.read(path, data.format_to_predict)
    for name in names:
        if name not in file.names:
            raise DataError(f"--keep {name}: {path} has no such column.{did_you_mean(name, file.names)}")
    if data.chosen_layout == "wide":
        return {name: file.texts(name) for name in names}
    _, first, owner = owners_of(file, str(data.id))
    for name in names:
        require_constant(file, name, owner, first, str(data.id))
    return {name: [file.texts(name)[row] for row in first.tolist()] for name in names}


def _long(data: WholeSeries) -> Labelled:
    cells, of = _table(data), str(data.id)
    file = cells.file
    names, first, owner = owners_of(file, of)
    if len(names) == len(file):
        raise DataError(f"{file.path}: each row has another '{of}': if a row is a whole series, set data.layout: wide.")
    columns = data.columns or channels_of(cells, data.not_channels)
    series = long_series(cells, of, (data.time, data.date_order), columns)
    if data.labels_path is None:
        for name in dict.fromkeys([data.target, *data.marks().values()]):
            require_constant(file, name, owner, first, of)
        return Labelled(series, labels_in(data, cells, first), _found(file, columns), file.notes)
    table = table_of_labels(data, "id", of)
    rows, notes = rows_with_series(table.file, of, names)
    number = {name: place for place, name in enumerate(names)}
    listed = table.file.texts(of)
    series = series.take([number[listed[row]] for row in rows.tolist()])
    return Labelled(series, labels_in(data, table, rows), _found(file, columns), (*file.notes, *notes))


def _wide(data: WholeSeries) -> Labelled:
    cells = _table(data)
    file, columns = cells.file, data.columns or channels_of(cells, data.not_channels)
    if len(columns) < 2:
        raise DataError(f"{file.path.name} has one column of numbers, '{columns[0]}': set data.id for a long table.")
    series = wide_series(cells, columns, _names(data, file))
    return Labelled(series, labels_in(data, cells, np.arange(len(file))), _found(file, columns), file.notes)


def _files(data: WholeSeries) -> Labelled:
    root = Path(str(data.path))
    if data.labels_path is None:
        listing = _listing(data, root)
        series, form = series_in_files([root / name for name in listing.names], listing.names, _form(data))
        labels = Labels(listing.y, listing.output, listing.columns)
        return Labelled(series, labels, _found_in(form) | {"classes": list(listing.output.classes)})
    table = table_of_labels(data, "file", data.file)
    names = table.file.texts(data.file)
    for row, name in enumerate(names):
        if not stays_inside(root, name) or not (root / name).is_file():
            raise DataError(f"{table.file.where(row, data.file)}: file '{name}' not found in {root}.")
    series, form = series_in_files([root / name for name in names], names, _form(data))
    return Labelled(series, labels_in(data, table, np.arange(len(names))), _found_in(form))


def _listing(data: WholeSeries, root: Path) -> Listing:
    """Return the files in the class folders, in random order."""

    def part(folder: str) -> Listing:
        require_inside(root, folder)
        return by_class_folder(root, folder, data.classes)

    found = part("") if data.parts is None else by_part(data.parts, part)
    order = np.random.default_rng(0).permutation(len(found.names))
    columns = {name: column[order] for name, column in found.columns.items()}
    return Listing([found.names[place] for place in order], found.y[order], found.output, columns)


def _table(data: WholeSeries) -> Cells:
    cells = Cells.of(Path(str(data.path)), data.format, MISSING)
    for key, name in data.named_columns():
        if name not in cells.file.names:
            raise no_column(cells.file, key, name)
    return cells


def _names(data: WholeSeries, file: CsvFile) -> list[str]:
    return [str(row + 1) for row in range(len(file))] if data.id is None else file.texts(data.id)


def _form(data: WholeSeries) -> FileForm:
    return FileForm(data.time, data.date_order, data.columns, data.format)


def _found(file: CsvFile, columns: list[str]) -> dict[str, object]:
    return {"columns": columns, **file.format.stated()}


def _found_in(form: FileForm) -> dict[str, object]:
    return {"columns": form.channels, **form.format.stated()}
