"""Targets in the columns of a table: numbers, classes, and labels of which several may be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlpy.core.errors import DataError, did_you_mean
from dlpy.data.booleans import spelled_as
from dlpy.data.tables.column_types import MOST_CLASSES, MOST_TEXTS, Column, bad_cell, check_range, guess_numeric
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.missing_cells import missing_cell
from dlpy.data.task import Kind, Output

_ROWS_PER_CLASS = 5
_LABELS = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0}


@dataclass(frozen=True)
class Wanted:
    """How a target is read.

    kind: its type; None derives it from the column. classes: in the order of their numbers; sorted if empty.
    mask: whether rows without a target are kept. key: where the options of the target are in the experiment file.
    """

    kind: Kind | Literal["counts"] | None = None
    classes: tuple[str, ...] = ()
    mask: bool = False
    key: str = "data"


def target_of(file: CsvFile, column: Column, wanted: Wanted) -> tuple[np.ndarray, Output]:
    """Return the target of every row and its type, which is derived from the column unless `wanted` gives it.

    Texts are classes, and so are integers with at most 20 distinct values that occur 5 times or more on average.
    Other numbers make a regression. Two classes make a binary target.

    Returns:
        (rows,) float32 numbers, or (rows,) int64 class numbers; NaN or -1 where a target is missing.

    Raises:
        DataError: a cell is missing or invalid, or there is only one class.
    """
    known = _known(file, column, wanted)
    if holds_numbers(file, column, wanted):
        y = _numbers(file, column, count=wanted.kind == "counts")
        return y, Output("regression", is_count=wanted.kind == "counts", has_missing=wanted.mask)
    labels = _labels(file, column, known)
    classes = wanted.classes or tuple(np.unique(labels).astype(np.str_).tolist())
    kind = _kind_of_classes(file, column.name, classes, wanted, len(known))
    output = Output(kind, 1 if kind == "binary" else len(classes), classes, has_missing=wanted.mask)
    if wanted.classes:
        return _numbered(file, column, output, known, labels), output
    return _spread(np.unique(labels, return_inverse=True)[1].astype(np.int64), known, len(file)), output


def holds_numbers(file: CsvFile, column: Column, wanted: Wanted) -> bool:
    """Return whether a target is numeric; other targets are classes."""
    if wanted.kind is None and not wanted.classes:
        return guess_numeric(file, column) and not are_classes(column.values[~np.isnan(column.values)])
    return wanted.kind in ("regression", "counts")


def labels_of(file: CsvFile, columns: Sequence[Column], wanted: Wanted) -> tuple[np.ndarray, Output]:
    """Return columns of 0 and 1, true and false, or yes and no as labels of which several may be true.

    Returns:
        (rows, columns) float32 of 0 and 1, NaN where a label is missing.

    Raises:
        DataError: a cell is missing or something else.
    """
    values = np.empty((len(file), len(columns)), np.float32)
    for position, column in enumerate(columns):
        known = _known(file, column, wanted)
        values[:, position] = np.nan
        values[known, position] = _truths(file, column, known)
    _require_complete(file, values, wanted)
    return values, Output("multilabel", len(columns), tuple(column.name for column in columns), has_missing=wanted.mask)


def numbers_of(file: CsvFile, columns: Sequence[Column], wanted: Wanted) -> tuple[np.ndarray, Output]:
    """Return columns of numbers with one unit as a target: (rows, columns) float32, NaN where one is missing."""
    for column in columns:
        _known(file, column, wanted)
    values = np.stack([_numbers(file, column) for column in columns], axis=1)
    _require_complete(file, values, wanted)
    return values, Output("regression", len(columns), has_missing=wanted.mask)


def known_target(file: CsvFile, column: Column, output: Output) -> np.ndarray:
    """Return the target of every row, with the type and classes of the trained model.

    Raises:
        DataError: a cell is missing, invalid, or a class that the model does not know.
    """
    if column.missing and not output.has_missing:
        raise missing_cell(file, column.gaps, "Other rows have one: fill it in or delete the column.", "target")
    if output.kind == "regression":
        return _numbers(file, column, count=output.is_count)
    known = np.setdiff1d(np.arange(len(file)), column.missing)
    return _numbered(file, column, output, known, _labels(file, column, known))


def _known(file: CsvFile, column: Column, wanted: Wanted) -> np.ndarray:
    """Return the rows that have a target."""
    if column.missing and not wanted.mask:
        own = (
            f", or set {wanted.key}.missing: mask to train on the other targets of the row" if "." in wanted.key else ""
        )
        raise missing_cell(file, column.gaps, f"Every row needs one: fill it in or delete the row{own}.", "target")
    known = np.setdiff1d(np.arange(len(file)), column.missing)
    if len(known) == 0:
        raise DataError(f"{file.path.name}: column '{column.name}' is empty: no row has a target.")
    return known


def _require_complete(file: CsvFile, values: np.ndarray, wanted: Wanted) -> None:
    """Raise DataError if every row lacks some of the numbers or labels."""
    if np.isnan(values).any(axis=1).all():
        raise DataError(f"{file.path.name}: no row has all the columns of {wanted.key}: such rows do not count.")


def _spread(numbers: np.ndarray, known: np.ndarray, rows: int) -> np.ndarray:
    """Return the class number of every row, -1 in rows that are not known."""
    spread = np.full(rows, -1, np.int64)
    spread[known] = numbers
    return spread


def are_classes(values: np.ndarray) -> bool:
    """Return whether numbers are classes: integers of which there are few, each often enough."""
    different = np.unique(values)
    few = len(different) <= min(MOST_CLASSES, len(values) / _ROWS_PER_CLASS)
    return few and bool((different == np.floor(different)).all())


def _numbers(file: CsvFile, column: Column, *, count: bool = False) -> np.ndarray:
    """Return the numbers of a column as float32, NaN in missing cells."""
    if column.bad:
        raise bad_cell(file, column)
    check_range(file, column)
    values = column.values
    wrong = np.flatnonzero((values < 0) | (values > np.floor(values))) if count else np.empty(0, np.int64)
    if len(wrong):
        where, value = file.where(int(wrong[0]), column.name), values[wrong[0]]
        raise DataError(f"{where}: {value:g} is no count: counts are whole numbers from 0 up. Set task: regression.")
    return values.astype(np.float32)


def _labels(file: CsvFile, column: Column, known: np.ndarray) -> np.ndarray:
    """Return the class of each known row: int64 if all are integers, so that 1 and 1.0 are equal; otherwise str."""
    values = column.values[known]
    plain = column.is_numeric and column.format is None
    if plain and (values == np.floor(values)).all() and abs(values).max() < 2**53:
        return values.astype(np.int64)
    return np.array(file.texts(column.name), np.str_)[known]


def _numbered(file: CsvFile, column: Column, output: Output, known: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the class number of every row by the classes of the output; a class such as 007 is no number."""
    number_of = {name: number for number, name in enumerate(output.classes)}
    texts, classes = np.array(file.texts(column.name), np.str_)[known], np.array(output.classes, np.str_)
    names = spelled_as(np.where(np.isin(texts, classes), texts, labels.astype(np.str_)), classes).tolist()
    for row, label in zip(known.tolist(), names, strict=True):
        if label not in number_of:
            raise DataError(f"{file.where(row, column.name)}: unknown class '{label}'.{did_you_mean(label, number_of)}")
    return _spread(np.array([number_of[label] for label in names], np.int64), known, len(file))


def _truths(file: CsvFile, column: Column, known: np.ndarray) -> list[float]:
    """Return whether the label is true in each known row."""
    cells = file.texts(column.name)
    found = []
    for row in known.tolist():
        value = file.format.number(cells[row])
        text = cells[row].lower() if value is None else f"{value:g}"
        if text not in _LABELS:
            hint = "A column of labels contains 0 and 1, true and false, or yes and no."
            raise DataError(f"{file.where(row, column.name)}: '{cells[row]}' is neither true nor false. {hint}")
        found.append(_LABELS[text])
    return found


def _kind_of_classes(file: CsvFile, name: str, classes: Sequence[str], wanted: Wanted, rows: int) -> Kind:
    """Return the type of a target of classes.

    Raises:
        DataError: there are too few or too many classes for it.
    """
    where = f"{file.path.name}: target '{name}'"
    if len(classes) == 1:
        raise DataError(f"{where} is '{classes[0]}' in every row; expected at least two classes.")
    if wanted.kind == "binary" and len(classes) > 2:
        shown = ", ".join(classes[:5]) + (", ..." if len(classes) > 5 else "")
        found = f"has {len(classes)} classes ({shown}); a binary target has two"
        raise DataError(f"{where} {found}. Set {wanted.key}.task: multiclass.")
    if len(classes) > MOST_TEXTS or len(classes) >= rows > 2:
        raise DataError(f"{where} has {len(classes):,} distinct values in {rows:,} rows, too many for classes.")
    if wanted.kind in ("binary", "multiclass", "ordinal"):
        return wanted.kind
    return "binary" if len(classes) == 2 else "multiclass"
