"""Base class of boston_housing and california_housing: numeric features, prices, and the row order of Keras."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError
from dlpy.data.archives import read_npz
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.tables.decimals import is_number
from dlpy.data.task import Input, Output, Task

Part = tuple[np.ndarray, np.ndarray]  # numbers (rows, columns) float64, prices (rows,) float32


class HousePrices(Dataset):
    """Districts with numeric features and the price of a house as the target."""

    test_split: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Fraction of the rows held out as the test split, taken from the end after shuffling."""
    shuffle_seed: Annotated[int, Field(ge=0, lt=2**32)] = 113
    """Seed for shuffling the rows; the default is that of Keras."""

    def shuffled(self, part: Part) -> Part:
        """Return the rows shuffled in the same way as Keras' loaders do."""
        order = np.arange(len(part[0]))
        np.random.RandomState(self.shuffle_seed).shuffle(order)
        return part[0][order], part[1][order]

    def split(self, part: Part, source: Source, limit: int | None = None) -> Loaded:
        """Return the first rows as training data and the last as test data, at most `limit` of each."""
        columns, prices = part
        train = int(len(prices) * (1 - self.test_split))
        first, last = np.arange(train)[:limit], np.arange(train, len(prices))[:limit]
        rows = [Rows.single(columns[chosen], prices[chosen]) for chosen in (first, last)]
        return Loaded(rows[0], rows[1] if len(last) else None, price_task(columns.shape[1]), source)


def price_task(columns: int) -> Task:
    """Return the task of predicting one number from this many columns."""
    return Task.single(Input("array", (columns,)), Output("regression"))


def read_houses(path: Path, columns: int, targets: tuple[str, ...]) -> Part:
    """Return the features and prices from an npz file with x and y, or from a CSV file.

    Args:
        targets: possible names of the price column; if none is found, the last column is used.

    Raises:
        DataError: the file is damaged or has another number of columns.
    """
    x, y = _read_csv(path, targets) if path.suffix.lower() == ".csv" else read_npz(path, ("x", "y"))
    if x.dtype.kind not in "fiu" or x.ndim != 2 or x.shape[1] != columns:
        raise DataError(f"{path} should contain {columns} numbers per row and a price; x is {x.dtype} {x.shape}.")
    if y.dtype.kind not in "fiu" or y.shape != (len(x),):
        raise DataError(f"{path} should contain one price for each of {len(x)} rows; y is {y.dtype} {y.shape}.")
    return x.astype(np.float64), y.astype(np.float32)


def _read_csv(path: Path, targets: tuple[str, ...]) -> Part:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if line]
        header = [] if not lines or is_number(lines[0][0]) else [cell.strip() for cell in lines.pop(0)]
        table = np.array(lines, dtype=np.float64)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path} is not a CSV file of numbers: {error}.") from None
    if table.ndim != 2:
        raise DataError(f"{path} contains no rows.")
    target = next((header.index(name) for name in targets if name in header), table.shape[1] - 1)
    return np.delete(table, target, axis=1), table[:, target]
