"""The rows of a table of csv that is read as a whole: all of them, or those to predict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import hold_out
from dlpy.data.task import Task
from dlpy.datasets._cells import Cells
from dlpy.datasets._csv_formats import formats_of, with_formats
from dlpy.datasets._csv_parts import (
    check_names,
    chosen_rows,
    found_inputs,
    key_of,
    known_inputs,
    marked,
    notes_of,
    resolved_options,
    targets_of,
    task_of,
)
from dlpy.datasets._row_choice import lacks_some
from dlpy.datasets._table_options import in_order_of_time

if TYPE_CHECKING:
    from dlpy.datasets.csv import Csv


def load_whole(data: Csv) -> Loaded:
    """Return all rows of a table."""
    cells = Cells.of(Path(str(data.path)), data.format, data.missing_values, data.formats)
    check_names(data, cells)
    chosen = chosen_rows(data, with_formats(data, cells))
    cells = chosen.cells
    read = {name: wanted.read(cells, key_of(data, "targets", name)) for name, wanted in targets_of(data).items()}
    inputs = found_inputs(data, cells)
    features = {name: given.read(cells, key_of(data, "inputs", name), cached=True) for name, given in inputs.items()}
    targets = {name: y for name, (y, _) in read.items()}
    rows = Rows(features, targets, chosen.rows, marked(data, cells))
    rows = in_order_of_time(cells.file, data.time, rows, data.date_order) if data.time else rows
    outputs = {name: output for name, (_, output) in read.items()}
    about, notes = notes_of(chosen, inputs, targets)
    source = Source("file", f"{cells.file.path}{about}")
    resolved = resolved_options(data, inputs, outputs) | formats_of(data, cells) | cells.file.format.stated()
    notes = (*cells.file.notes, *cells.notes, *notes)
    loaded = Loaded(rows, None, task_of(inputs, outputs), source, resolved, notes)
    return hold_out(loaded, data.test, data.split_seed)


def rows_to_predict(data: Csv, cells: Cells, task: Task) -> Rows:
    """Return the rows of a file, with the targets that it has."""
    inputs = known_inputs(data)
    for given in inputs.values():
        cells.require(given.used())
    features = {name: given.read(cells, key_of(data, "inputs", name), cached=False) for name, given in inputs.items()}
    found = {
        name: wanted.known(cells, task.outputs[name], key_of(data, "targets", name))
        for name, wanted in targets_of(data).items()
        if data.missing_target == "error" or not lacks_some(cells, wanted.used())
    }
    targets = {name: y for name, y in found.items() if y is not None}
    complete = len(targets) == len(targets_of(data))
    return Rows(features, targets if complete else {}, np.arange(len(cells.file)))
