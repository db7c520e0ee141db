"""The label of each whole series, and the columns that assign series to splits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables.chosen_rows import cells_of, rows_of
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.missing_cells import MISSING
from dlpy.data.tables.table_format import ANY
from dlpy.data.task import Output
from dlpy.datasets._cells import Cells
from dlpy.datasets._csv_targets import CsvTarget
from dlpy.datasets._table_options import no_column

if TYPE_CHECKING:
    from dlpy.datasets.whole_series import WholeSeries


@dataclass(frozen=True)
class Labels:
    """The target of each series, its type, and what assigns the series to splits.

    y: (series,). marks: (series,) texts by column.
    """

    y: np.ndarray
    output: Output
    marks: dict[str, np.ndarray]


def target_of(data: WholeSeries) -> CsvTarget:
    """Return the options of the target."""
    return CsvTarget(column=data.target, task=data.task, classes=data.classes, transforms=data.target_transforms)


def labels_in(data: WholeSeries, cells: Cells, rows: np.ndarray) -> Labels:
    """Return the labels in some rows of a table, one for each series, given by their positions in ascending order."""
    column, chosen = cells.columns[data.target], rows_of(cells.file, rows)
    y, output = target_of(data).read(Cells(chosen, {data.target: cells_of(cells.file, column, rows)}, MISSING), "data")
    return Labels(y, output, {key: np.array(chosen.texts(name), np.str_) for key, name in data.marks().items()})


def table_of_labels(data: WholeSeries, key: str, of: str) -> Cells:
    """Return the table of labels, one row for each series.

    Args:
        key: the option that names the column with the names of the series. of: that column.

    Raises:
        DataError: it lacks a column, or names a series twice.
    """
    cells = Cells.of(Path(str(data.labels_path)), ANY, MISSING)
    table = cells.file
    for option, name in ((key, of), ("target", data.target), *data.marks().items()):
        if name not in table.names:
            raise no_column(table, option, name)
    names, seen = table.texts(of), set()
    for row, name in enumerate(names):
        if name in seen:
            raise DataError(f"{table.where(row, of)}: '{name}' has a label further above. Keep one of the two rows.")
        seen.add(name)
    return cells


def rows_with_series(table: CsvFile, of: str, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return the rows of a table of labels whose series was read, and a note about the others.

    Raises:
        DataError: a series has no label.
    """
    listed = table.texts(of)
    unlabelled = [name for name in names if name not in set(listed)]
    if unlabelled:
        more = f", as {len(unlabelled) - 1:,} others" if len(unlabelled) > 1 else ""
        raise DataError(
            f"{table.path} has no row for series '{unlabelled[0]}'{more}: add its label or delete the series."
        )
    known = set(names)
    rows = np.array([row for row, name in enumerate(listed) if name in known], np.int64)
    left = len(listed) - len(rows)
    return rows, [f"{table.path.name}: {left:,} labels without a series are not used"] if left else []
