"""Reads a table from a Parquet file, by pyarrow."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlpy.core.errors import DataError, in_one_line
from dlpy.data.tables import containers
from dlpy.data.tables.headers import check_count
from dlpy.data.tables.part import Header, Part, part_of
from dlpy.data.tables.table_format import PLAIN, TableFormat
from dlpy.data.tables.typed_body import Typed

MAGIC = b"PAR1"
_INDEX = "__index_level_0__"  # pandas' name of an index without a name
_BYTES_OF_A_CELL = 8


def read_parquet(path: Path, raw: bytes, form: TableFormat) -> Part:
    """Return the table in the bytes of a Parquet file.

    Raises:
        DataError: it is damaged or too large, or a column holds lists or other nested values.
        SetupError: pyarrow is not installed.
    """
    containers.required(path, "pyarrow")
    from pyarrow import ArrowException, parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(raw))
        _check(path, file, len(raw))
        columns = [_cells(file.read([name])) for name in file.schema_arrow.names]
    except (ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{path} is no readable Parquet file: {in_one_line(error)}.") from None
    names = ["" if name == _INDEX else name for name in file.schema_arrow.names]
    if _INDEX in file.schema_arrow.names:  # pandas writes it last
        place = file.schema_arrow.names.index(_INDEX)
        names, columns = ([values[place], *values[:place], *values[place + 1 :]] for values in (names, columns))
    if not names or not columns[0]:
        raise DataError(f"{path} contains no rows.")
    found = replace(PLAIN, decimal=form.decimal, thousands=form.thousands)
    return part_of(path, Header(names), Typed(columns, range(1, len(columns[0]) + 1)), found, [])


def _check(path: Path, file: Any, packed: int) -> None:
    """Raise DataError for nested columns, repeated names, and tables that would fill the memory."""
    from pyarrow import types

    for field in file.schema_arrow:
        if types.is_nested(field.type) or types.is_binary(field.type) or types.is_large_binary(field.type):
            raise DataError(
                f"{path}: column '{field.name}' holds {field.type}; a table needs single values. Remove it."
            )
    names = file.schema_arrow.names
    check_count(path, len(names), 1)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path}: two columns are named '{twice}'. Rename one.")
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    size = max(sum(group.total_byte_size for group in groups), file.metadata.num_rows * len(names) * _BYTES_OF_A_CELL)
    limit = containers.limit_of(packed)
    if size > limit:
        raise containers.too_large(path, limit)


def _cells(table: Any) -> list[object]:
    """Return a column as Python values."""
    column = table.column(0)
    from pyarrow import types

    if types.is_decimal(column.type):
        return [None if value is None else float(value) for value in column.to_pylist()]
    return column.to_pylist()
