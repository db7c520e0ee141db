"""Helpers for text_csv and text_folder: text checks and generated stand-in sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.splits import Holdout
from dlpy.data.tables import csv_file
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.table_format import ANY, TableFormat
from dlpy.data.task import Input, Kind, Output
from dlpy.datasets._table_options import no_column_to_predict
from dlpy.stand_ins.sentences import sentences

TEXT = Input("text", (None,))

STAND_IN_ROWS = 2_000
_GRADES = 5


def texts_of(file: CsvFile, column: str) -> Texts:
    """Return a column of texts.

    Raises:
        DataError: a cell contains no text.
    """
    return checked(file.texts(column), lambda row: file.where(row, column))


def read_csv(path: Path, column: str, form: TableFormat = ANY) -> tuple[CsvFile, Texts]:
    """Return a user's table and its texts, for prediction."""
    file = csv_file.read(path, form)
    if column not in file.names:
        raise no_column_to_predict(file, column)
    return file, texts_of(file, column)


def checked(texts: list[str], where: Callable[[int], str]) -> Texts:
    """Return the texts; raise DataError for an empty one, at the place that `where` returns."""
    for row, text in enumerate(texts):
        if not text or text.isspace():
            raise DataError(f"{where(row)}: the text is empty. Every row needs one: fill it in or delete the row.")
    values = np.empty(len(texts), object)
    values[:] = texts
    return Texts(values)


def generated(seed: int, limit: int | None, output: Output, test: Holdout | None) -> Rows:
    """Return sentences whose words determine their class, or a grade from 0 to 4; see `stand_ins/sentences.py`."""
    count = limit or STAND_IN_ROWS + ((test.count or 0) if test else 0)
    classes = _GRADES if output.kind == "regression" else len(output.classes)
    texts, labels = sentences(seed, count, classes)
    return Rows.single(Texts(texts), labels.astype(np.float32) if output.kind == "regression" else labels)


def generated_output(kind: Kind) -> Output:
    """Return the target of generated sentences."""
    if kind == "regression":
        return Output("regression")
    return Output("binary", 1, ("a", "b")) if kind == "binary" else Output("multiclass", 3, ("a", "b", "c"))
