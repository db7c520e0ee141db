"""The numbers of rows, and tables with other numeric columns, for the transforms that change numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Task
from dlpy.data.whole_series import steps_of


def check_numbers(name: str, given: Input) -> None:
    """Raise ConfigError unless an input has numbers that the transform of this name may change."""
    if given.kind not in ("array", "table"):
        raise ConfigError(f"{name} requires arrays or tables, not {given}.")
    refuse_codes(name, given)


def check_flat(name: str, given: Input) -> None:
    """Raise ConfigError unless an input is a table or flat rows of numbers."""
    check_numbers(name, given)
    if given.kind == "array" and (len(given.shape) != 1 or given.last is not None):
        raise ConfigError(f"{name} requires tables or flat rows, not {given}.")


def refuse_codes(name: str, given: Input) -> None:
    """Raise ConfigError if an input has columns of codes, which a transform would take for numbers."""
    if given.categories:
        raise ConfigError(f"{name} would take codes of categories for numbers: list it before tabulate.")


def check_table(name: str, given: Input) -> None:
    """Raise ConfigError unless an input is a table that is not yet an array."""
    if given.kind != "table":
        raise ConfigError(f"{name} requires tables, not {given}: list it before tabulate.")


def numbers_of(rows: Rows) -> np.ndarray:
    """Return the numbers of arrays, or of the numeric columns of a table: (rows, ...)."""
    return rows.x.numeric if isinstance(rows.x, Table) else rows.array


def numbers_to_fit(rows: Rows, given: Input) -> np.ndarray:
    """Return the numbers that a transform learns from, by column: of whole series, each step is a row."""
    numbers = numbers_of(rows)
    return steps_of(numbers) if given.whole else numbers


def with_numbers(rows: Rows, numbers: np.ndarray) -> Rows:
    """Return rows with other numbers of the same shape; arrays become float32."""
    if isinstance(rows.x, Table):
        return rows.with_x(replace(rows.x, numeric=numbers))
    return rows.with_x(numbers.astype(np.float32))


def scaled_in_graph(numbers: Any, middle: np.ndarray, width: np.ndarray) -> Any:
    """Return `(numbers - middle) / width` of a batch, (batch, ...), by operations of Keras.

    The middle is subtracted in two parts, so that float32 loses nothing of it where it is far from 0. TensorFlow would
    make one part of two that follow each other.
    """
    from keras import ops

    high = middle.astype(np.float32)
    low = ((middle - high) / width).astype(np.float32)
    return ops.subtract(ops.multiply(ops.subtract(numbers, high), (1 / width).astype(np.float32)), low)


def scaled_beside(middle: np.ndarray, width: np.ndarray, limit: float | None = None) -> dict[str, Any]:
    """Return what prepare.py does for `(numbers - middle) / width`; infinite widths are null, and so is no limit."""
    widths = [number if np.isfinite(number) else None for number in width.tolist()]
    return {"scale": {"middle": middle.tolist(), "width": widths, "limit": limit}}


def known_in_graph(numbers: Any) -> Any:
    """Return which numbers of a batch are not NaN, by an operation of Keras: (batch, ...) bool.

    LiteRT takes `x != x`, which isnan becomes there, for false; ONNX files take `x >= y` for `not x < y`.
    """
    from keras import ops

    return ops.greater(numbers, -3.4e38)


def table_of(rows: Rows, name: str) -> Table:
    """Return the rows as a table."""
    if not isinstance(rows.x, Table):
        raise ConfigError(f"{name} requires tables.")
    return rows.x


def require_columns(name: str, listed: Sequence[str], known: Sequence[str]) -> None:
    """Raise DataError if a transform lists a column that the table does not have."""
    for column in listed:
        if column not in known:
            raise DataError(f"{name}: the table has no column '{column}'.{did_you_mean(column, known)}")


def with_numeric_names(task: Task, names: Sequence[str], before: int) -> Task:
    """Return the task of a table with other numeric columns.

    Args:
        task: the task.
        names: the numeric columns now.
        before: how many there were.
    """
    given = task.input
    if not given.columns:  # the dataset does not name its columns
        return task.with_input(replace(given, shape=(None,)))
    columns = (*names, *given.columns[before:])
    return task.with_input(replace(given, shape=(len(columns),), columns=columns))
