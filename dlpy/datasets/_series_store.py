"""The cache on disk of large series: their numbers and times, read once from a file.

$DLPY_CACHE/series (default: ~/.cache/dlpy/series) contains one folder for each file and way to read it. It is written
under another name and renamed when it is whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.stored.mapped_rows import blocks_of, mapped, series_cache
from dlpy.data.tables.frequency import Frequency
from dlpy.datasets._series_record import Record
from dlpy.datasets._series_table import SeriesTable
from dlpy.datasets._series_times import Timeline
from dlpy.storage.cache import used
from dlpy.storage.filled_folder import filling

_VERSION = 2  # of the folder's format and of the reading
_TIMES_TEXT = 3  # bytes on disk for each byte of text: numbers as read, in order, and those of the windows


@dataclass(frozen=True)
class StoredSeries:
    """The series of a file, whose numbers are in files of the cache.

    count: rows of the file. missing: the number of missing cells of each column.
    """

    table: SeriesTable
    count: int
    missing: dict[str, int]


def folder_of(key: str) -> Path:
    """Return the folder of a file with series."""
    return series_cache() / f"{key}-{_VERSION}"


def write(folder: Path, text: int, read: Callable[[Path], StoredSeries]) -> None:
    """Fill a folder.

    Args:
        folder: to be filled.
        text: the bytes of text that are read.
        read: returns the series; it may use the folder that it gets.

    Raises:
        StorageError: the disk has no room for them.
    """
    with filling(folder, _TIMES_TEXT * text, "the series") as temporary:
        _put(temporary, read(temporary))


def _put(folder: Path, found: StoredSeries) -> None:
    record, line = found.table.record, found.table.line
    arrays = {"record": _arrays(record), "line": _arrays(line), "table": {"observed": found.table.observed}}
    forms: dict[str, dict[str, list[Any]]] = {}
    for part, own in arrays.items():
        forms[part] = {name: [array.dtype.str, list(array.shape)] for name, array in own.items()}
        for name, array in own.items():
            _write_array(folder / f"{part}.{name}.bin", array)
    told = {"arrays": forms, "count": found.count, "missing": found.missing}
    told |= {part: _others(whole) for part, whole in (("record", record), ("line", line))}
    (folder / "manifest.json").write_text(json.dumps(told))


def _write_array(path: Path, array: np.ndarray) -> None:
    with path.open("wb") as file:
        for some in blocks_of(array):
            file.write(np.ascontiguousarray(array[some]).reshape(-1).view(np.uint8).data)


def _arrays(whole: Record | Timeline) -> dict[str, np.ndarray]:
    values = {field.name: getattr(whole, field.name) for field in fields(whole)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def _others(whole: Record | Timeline) -> dict[str, Any]:
    """Return what is no array, as JSON values."""
    values = {field.name: getattr(whole, field.name) for field in fields(whole)}
    return {
        name: vars(value) if isinstance(value, Frequency) else value
        for name, value in values.items()
        if not isinstance(value, np.ndarray)
    }


def read(folder: Path) -> StoredSeries | None:
    """Return the series of a folder; None if there is none, or it is damaged."""
    try:
        told: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        arrays: dict[str, dict[str, Any]] = {
            part: _opened(folder, part, forms) for part, forms in told["arrays"].items()
        }
        line = told["line"]
        frequency = None if line["frequency"] is None else Frequency(**line["frequency"])
        line |= {"ids": tuple(line["ids"]), "notes": tuple(line["notes"]), "frequency": frequency}
        record = told["record"] | {name: tuple(told["record"][name]) for name in ("names", "ids")} | arrays["record"]
        table = SeriesTable(Record(**record), Timeline(**line | arrays["line"]), arrays["table"]["observed"])
        found = StoredSeries(table, told["count"], told["missing"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, DataError):
        return None
    used(folder)
    return found


def _opened(folder: Path, part: str, forms: Mapping[str, list[Any]]) -> dict[str, np.ndarray]:
    return {name: mapped(folder / f"{part}.{name}.bin", dtype, tuple(shape)) for name, (dtype, shape) in forms.items()}
