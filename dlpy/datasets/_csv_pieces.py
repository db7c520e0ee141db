"""`csv` of a table that is larger than memory: read once in pieces into a cache on disk, and used from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.components.named_transform import OfInput, OfTarget
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.core.memory import shown_size
from dlpy.core.progress import progress_bar
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import hold_out
from dlpy.data.tables import piece_reader
from dlpy.data.tables.part_files import bytes_of, files_of
from dlpy.datasets import _csv_store as store
from dlpy.datasets._cells import Cells
from dlpy.datasets._csv_formats import formats_of, with_formats
from dlpy.datasets._csv_inputs import TableInput, TextInput
from dlpy.datasets._csv_parts import (
    check_names,
    chosen_rows,
    found_inputs,
    key_of,
    known_inputs,
    resolved_options,
    rules_of,
    task_of,
    told_of,
)
from dlpy.datasets._csv_plan import Plan
from dlpy.datasets._csv_store import StoredRows
from dlpy.datasets._row_choice import Chosen
from dlpy.datasets._table_options import carried_cells
from dlpy.storage.filled_folder import filled_once, filling

if TYPE_CHECKING:
    from dlpy.datasets.csv import Csv


def load_in_pieces(data: Csv, look: Callable[[Csv, Cells], Cells] = with_formats) -> Loaded:
    """Return all rows of a table, whose inputs stay on disk.

    Args:
        data: the options.
        look: finds how the cells of columns are written.
    """
    path = Path(str(data.path))
    head = piece_reader.head_of(path, data.format)
    cells = Cells.of_file(head.file, data.missing_values, data.formats)
    check_names(data, cells)
    refuse(data)
    cells = chosen_rows(data, look(data, cells)).cells
    plan = Plan(data, cells, found_inputs(data, cells), head)
    found = _stored(path, plan)
    targets, outputs = plan.targets(found)
    columns = {
        name: _as_array(found, name) for name in found.arrays if name != "index" and not name.startswith("target ")
    }
    rows = Rows({name: found.inputs[name] for name in plan.inputs}, targets, found.index, columns)
    chosen = Chosen(cells, np.arange(len(rows)), found.lacking)
    rules = rules_of(plan.inputs)
    filled = {name: found.filled[name] for name in rules if name in found.filled}
    about, notes = told_of(chosen, rules, filled, targets)
    size = shown_size(bytes_of(path))
    source = Source("file", f"{path}{about}, read in pieces: {size} of text is too large for data.memory")
    resolved = resolved_options(data, plan.inputs, outputs) | formats_of(data, cells) | head.file.format.stated()
    parts = len(files_of(path))
    several = (f"{path.name}: {parts:,} files",) if parts > 1 else ()
    notes = (*several, *head.file.notes, *cells.notes, *notes)
    loaded = Loaded(rows, None, task_of(plan.inputs, outputs), source, resolved, notes)
    return hold_out(loaded, data.test, data.split_seed)


def check_transforms(data: Dataset) -> None:
    """Raise ConfigError for a transform of the inputs that needs all rows in memory."""
    for one in data.all_transforms():
        inner = one.inner if isinstance(one, OfInput) else one
        is_fitted = type(inner).fit is not Transform.fit or type(inner).fit_apply is not Transform.fit_apply
        in_pieces = type(inner).fit_in_pieces is not Transform.fit_in_pieces
        if is_fitted and not in_pieces and not (isinstance(one, OfTarget) or one.on_targets):
            needs = "needs all rows in memory: remove it, or raise data.memory."
            raise ConfigError(f"data.transforms: {data.path} is too large for data.memory, and {inner.name} {needs}")


def refuse(data: Csv) -> None:
    """Raise ConfigError for what needs all rows in memory."""
    path, needs = data.path, "needs all rows in memory"
    if data.duplicates == "drop":
        raise ConfigError(f"data.duplicates: {path} is too large for data.memory, and drop {needs}: remove it.")
    if data.time is not None:
        hint = "sort the file itself and remove this option."
        raise ConfigError(f"data.time: {path} is too large for data.memory, and sorting {needs}: {hint}")
    if data.task == "pairs":
        raise ConfigError(f"data.task: {path} is too large for data.memory, and pairs {needs}: raise data.memory.")
    for name, given in (data.inputs or {}).items():
        if not isinstance(given, TableInput | TextInput):
            raise ConfigError(f"data.inputs.{name}: {path} is too large for data.memory; images cannot be read so.")
        if given.like is not None:
            raise ConfigError(f"data.inputs.{name}.like: {path} is too large for data.memory, and like {needs}.")


def _as_array(found: StoredRows, name: str) -> np.ndarray:
    """Return a column that was stored as codes or as it is."""
    values = found.arrays[name]
    return np.array(found.texts[name][0], np.str_)[values] if name in found.texts else values


def _stored(path: Path, plan: Plan) -> StoredRows:
    """Return the rows from the cache, into which they are read first where it lacks them."""
    folder = store.folder_of(store.key_of(path, plan.options()))
    return filled_once(folder, store.read, lambda: _fill(path, plan, folder))


def _fill(path: Path, plan: Plan, folder: Path) -> None:
    total = bytes_of(path)
    with filling(folder, total, "the table") as temporary:
        writer = store.StoreWriter(temporary)
        with progress_bar(f"reading {path.name}", in_bytes=True) as progress:
            for piece in piece_reader.pieces_of(path, plan.head):
                plan.add(writer, piece.file)
                progress(piece.done, total)
        writer.close()


def pieces_to_predict(data: Csv, path: Path, keep: list[str]) -> Iterator[tuple[Rows, dict[str, list[str]]]]:
    """Yield the rows of a file without targets, some thousand at a time, and the cells of columns to keep.

    Raises:
        ConfigError: there is no such column to keep.
        DataError: the file cannot be read.
    """
    head, inputs, before = piece_reader.head_of(path, data.format_to_predict), known_inputs(data), 0
    for piece in piece_reader.pieces_of(path, head):
        cells = Cells.of_file(piece.file, data.missing_values, data.formats)
        for given in inputs.values():
            cells.require(given.used())
        features = {
            name: given.read(cells, key_of(data, "inputs", name), cached=False) for name, given in inputs.items()
        }
        yield Rows(features, {}, np.arange(len(cells.file)) + before), carried_cells(cells.file, keep, data.keep)
        before += len(cells.file)
