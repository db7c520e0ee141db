"""Checks of the data before training, for problems that would otherwise show late or never."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Features, Pictures, Scaled, Windows, arrays_of
from dlpy.data.rows import Data, Rows
from dlpy.data.steps import counted
from dlpy.data.stored.array import StoredArray
from dlpy.data.stored.mapped_rows import parts_of
from dlpy.data.stored_sequences import StoredRagged
from dlpy.data.task import Output, Task


def check(data: Data) -> None:
    """Raise DataError for rows that cannot be trained on: no rows, NaN, wrong labels, classes without rows."""
    parts = {"training": data.train, "validation": data.validation, "test": data.test}
    for name, rows in parts.items():
        if rows is not None:
            check_rows(rows, name, data.task)
    check_every_class(data.train, data.task)


def class_numbers(rows: Rows, output: Output) -> np.ndarray:
    """Return the class of each row: (rows,) integers. Targets of steps are turned into rows before: `counted`."""
    return rows.y.argmax(axis=-1) if output.one_hot else rows.y.reshape(-1).astype(np.int64)


def check_rows(rows: Rows, part: str, task: Task) -> None:
    """Raise DataError for rows that cannot be scored: no rows, NaN, wrong labels."""
    if len(rows) == 0:
        raise DataError(f"there are no {part} rows.")
    rows.check_lengths(f"{part} rows")
    for name, given in task.inputs.items():
        own = _before_their_end(rows.of_input(name)) if given.whole and given.padding else rows.of_input(name)
        _check_numbers(own, part, f"input '{name}'" if len(rows.inputs) > 1 else "input")
    for name, output in task.outputs.items() if rows.targets else []:
        what = f"target '{name}'" if len(task.outputs) > 1 else "target"
        known = counted(rows, name, output)
        if len(known) == 0:
            raise DataError(f"no {part} row has a {what}: change the split.")
        _check_target(known, part, output, what)


def _before_their_end(rows: Rows) -> Rows:
    """Return whole series with 0 after their end."""
    x = rows.array
    return rows.with_x(np.where(np.all(np.isnan(x), axis=2, keepdims=True), 0, x).astype(x.dtype))


def _check_target(rows: Rows, part: str, output: Output, what: str) -> None:
    for some in parts_of(rows.y):
        index, y = rows.index[some], rows.y[some]
        bad = _first_without_float32(y)
        if bad is not None:
            raise DataError(f"{part} row {index[bad[0]]}: the {what} is {y[bad]}; expected a finite number.")
    if output.has_classes and not output.one_hot:
        _check_labels(rows, part, output.class_count)
    if output.kind == "multilabel" and not np.isin(rows.y, (0, 1)).all():
        raise DataError(f"{part} rows: the {what} has other values than 0 and 1.")
    if output.is_count and not ((rows.y >= 0) & (rows.y == np.floor(rows.y))).all():
        raise DataError(f"{part} rows: the {what} is no count: counts are whole numbers from 0 up.")


def _check_numbers(rows: Rows, part: str, what: str) -> None:
    before = 0  # rows in the arrays before: the rows of a file come in chunks
    for array in _arrays_to_check(rows.x):
        if array.dtype.kind not in "buif":
            raise DataError(f"{part} rows: the {what} contains {array.dtype}, expected numbers.")
        if array.ndim > 1 and array[0].size == 0:
            raise DataError(f"{part} rows of shape {array.shape[1:]} contain no numbers.")
        bad = _first_without_float32(array)
        if bad is not None:
            hint = (
                "fill it in or delete the row."
                if not np.isfinite(array[bad])
                else "too large for float32 (at most 3.4e38); standardize it."
            )
            row = before + bad[0] + rows.x.first if isinstance(rows.x, Windows) else rows.index[before + bad[0]]
            raise DataError(f"{part} row {row}, {what} {list(bad[1:])} is {array[bad]}: {hint}")
        before += len(array) if isinstance(rows.x, StoredArray | Windows) else 0


def _arrays_to_check(features: Features) -> Iterable[np.ndarray]:
    """Return the arrays of features; of windows of a series, cells that none of them contains are replaced by 0."""
    if isinstance(features, Windows):
        return _covered_rows(features)
    return [] if _contains_images(features) or isinstance(features, StoredRagged) else arrays_of(features)


def _covered_rows(windows: Windows) -> Iterable[np.ndarray]:
    series = windows.series
    if not windows.in_file and not np.isnan(series).any():
        return [series]
    first, end = windows.span
    covered = np.zeros(len(series), np.bool_)
    covered[first:end] = windows.covered()
    return (np.where(covered[some, None], series[some], 0) for some in parts_of(series))


def _contains_images(features: Features) -> bool:
    """Return whether the features are image bytes in a file, which are always valid numbers and slow to read."""
    return isinstance(features.array if isinstance(features, Scaled) else features, Pictures)


def _check_labels(rows: Rows, part: str, classes: int) -> None:
    labels = rows.y.reshape(-1)
    wrong = np.flatnonzero((labels != np.floor(labels)) | (labels < 0) | (labels >= classes))
    if len(wrong):
        row, label = rows.index[wrong[0]], labels[wrong[0]]
        raise DataError(f"{part} row {row}: label {label} is not one of the {classes} classes 0 to {classes - 1}.")


def check_every_class(rows: Rows, task: Task) -> None:
    """Raise DataError if a class of an output has no rows."""
    for name, output in task.outputs.items():
        if output.has_classes:
            known = counted(rows, name, output)
            _check_every_class(known, output, f"target '{name}': " if len(task.outputs) > 1 else "")


def _check_every_class(rows: Rows, output: Output, where: str) -> None:
    count = output.class_count
    missing = np.flatnonzero(np.bincount(class_numbers(rows, output), minlength=count) == 0)
    if len(missing):
        named = ", ".join(output.classes[number] if output.classes else str(number) for number in missing[:5])
        subject = f"class {named} has" if len(missing) == 1 else f"classes {named} have"
        raise DataError(f"{where}{subject} no training rows; change the split.")


def _first_without_float32(array: np.ndarray) -> tuple[int, ...] | None:
    """Return the position of the first NaN, infinity or number too large for float32."""
    most = np.finfo(np.float32).max
    if array.dtype.kind != "f" or array.size == 0 or (-most <= array.min() and array.max() <= most):
        return None
    found = np.argwhere(~(np.abs(array) <= most))
    return tuple(int(i) for i in found[0])
