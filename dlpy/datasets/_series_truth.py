"""The column of a series that says which of its rows are known to be anomalies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.data.rows import TRUTH, Rows
from dlpy.data.tables import column_types
from dlpy.data.tables.targets import Wanted, labels_of
from dlpy.datasets._series_read import ReadSeries

if TYPE_CHECKING:
    from dlpy.datasets.timeseries_csv import TimeseriesCsv


def with_truth(data: TimeseriesCsv, rows: Rows, given: ReadSeries, name: str) -> Rows:
    """Return windows with the column TRUTH: whether the row of the first target is an anomaly.

    Raises:
        ConfigError: there is no such column, or rows are inserted into the file.
        DataError: a cell is neither true nor false.
    """
    file = given.file
    if given.count > len(file):
        raise ConfigError(f"--truth: {file.path} is too large for data.memory: raise it, or leave --truth out.")
    if name not in file.names:
        raise ConfigError(f"--truth {name}: {file.path} has no such column.{did_you_mean(name, file.names)}")
    if data.gaps == "fill":
        raise ConfigError("--truth: 'gaps: fill' inserts rows whose truth is not known: leave --truth out.")
    column = column_types.columns_of(file)[name]
    labels = labels_of(file, [column], Wanted(key="--truth"))[0][:, 0]
    truth = np.equal(labels[given.table.line.order], 1)
    return replace(rows, columns={**rows.columns, TRUTH: truth[rows.index]})
