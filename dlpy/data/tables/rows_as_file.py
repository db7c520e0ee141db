"""Rows as a program has them, written to a file that a run's dataset reads.

Through the file, the rows are read by the same code as those of `dlpy predict`, so that predictions are the same.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from dlpy.core.errors import DataError, reworded

FORMS = "a file, a list of texts, a list of mappings, a mapping of columns, a data frame, or a mapping of arrays"
_MISSING = ("NAType", "NaTType")  # of pandas


@contextmanager
def as_file(rows: Any) -> Iterator[Path]:
    """Yield the path of a file with the rows, which is removed afterwards.

    Args:
        rows: mappings from column to cell, one for each row; a mapping from column to cells; a data frame of pandas or
            polars; or arrays (rows, ...) by the names that they have in the npz file of the training.

    Raises:
        DataError: the rows have another form, or none.
    """
    with TemporaryDirectory(prefix="dlpy-rows-") as folder:
        if _are_arrays(rows):
            path = Path(folder) / "rows.npz"
            np.savez(path, **rows)
        else:
            path = Path(folder) / "rows.jsonl"
            path.write_text("".join(_lines(_columns(rows))), encoding="utf-8")
        with reworded(partial(_without, path)):  # the caller knows nothing of a file
            yield path


def _are_arrays(rows: Any) -> bool:
    """Return whether rows are arrays with more axes than a column has."""
    if not isinstance(rows, Mapping) or not all(isinstance(array, np.ndarray) for array in rows.values()):
        return False
    return any(array.ndim > 1 for array in rows.values())


def _columns(rows: Any) -> dict[str, list[Any]]:
    """Return the cells of each column."""
    if isinstance(rows, Mapping):
        found = {str(name): _cells(cells) for name, cells in rows.items()}
    elif hasattr(rows, "columns") and hasattr(rows, "__getitem__"):  # a data frame of pandas or polars
        found = {str(name): _cells(rows[name]) for name in rows.columns}
    elif isinstance(rows, Sequence) and rows and all(isinstance(row, Mapping) for row in rows):
        found = _of_mappings(rows)
    else:
        raise DataError(f"rows to predict should be {FORMS}, not {_described(rows)}.")
    lengths = {name: len(cells) for name, cells in found.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"columns have different lengths: {lengths}.")
    if not found or not max(lengths.values()):
        raise DataError("there are no rows to predict.")
    return found


def _of_mappings(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the columns of rows; a key that a row lacks is a missing cell."""
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    return {name: [_plain(row.get(name)) for row in rows] for name in names}


def _cells(values: Any) -> list[Any]:
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        raise DataError(f"a column should be a list or an array of cells, not {_described(values)}.")
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    """Return a cell as JSON has it; None for missing values of NumPy, pandas and polars."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or type(value).__name__ in ("NAType", "NaTType")
    ):
        return None
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value if isinstance(value, str | int | float) else str(value)


def _lines(columns: dict[str, list[Any]]) -> Iterator[str]:
    for cells in zip(*columns.values(), strict=True):
        yield json.dumps(dict(zip(columns, cells, strict=True))) + "\n"


def _without(path: Path, line: str) -> str:
    """Return a line of an error in which rows are named as in a program, instead of the lines of a file."""
    numbered = re.sub(rf"{re.escape(path.name)}:(\d+)", lambda found: f"rows[{int(found[1]) - 1}]", line)
    return numbered.replace(str(path), "the table given").replace(path.name, "the table given")


def _described(rows: Any) -> str:
    kind = type(rows).__name__
    return f"{kind} of {type(rows[0]).__name__}" if isinstance(rows, list | tuple) and rows else kind
