"""A generated series in place of a missing file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlpy.datasets._generated_targets import within
from dlpy.datasets._series_columns import waves
from dlpy.datasets._series_record import Record

if TYPE_CHECKING:
    from dlpy.datasets.timeseries_csv import TimeseriesCsv

_ROWS = 2_000
_WINDOWS = 3  # complete windows in the smallest split
_ABOVE_ZERO = 3.0  # added, so that generated numbers have a logarithm
_NAMES = ("a", "b")  # of two series, where the file has several


def generated(data: TimeseriesCsv, names: list[str], seed: int) -> Record:
    """Return a generated series with the columns of a file, or two if it has several; see `waves`.

    Columns that are known in advance are generated like all others and hide nothing of the target.
    """
    rows, known = _rows(data), data.known
    every = list(dict.fromkeys([*names, *data.forecast]))
    count = rows if data.id is None else 2 * rows
    values = waves(
        count, len(every) + len(known), data.period or max(2, (data.lookback + data.last_step + 1) // 2), seed
    )
    values = values + _ABOVE_ZERO if data.targets is not None else within(values, data.transforms)
    of_targets = values[:, [every.index(name) for name in data.forecast]]
    target = of_targets[:, 0] if len(data.forecast) == 1 else of_targets
    kept = [*range(len(names)), *range(len(every), len(every) + len(known))]
    record = Record(values[:, kept], target, data.place(names), names=data.wanted(names, []).names)
    if data.id is None:
        return record
    owner = np.repeat([0, 1], rows)
    return Record(record.values, target, record.column, None, np.array([rows]), record.names, owner, _NAMES)


def _rows(data: TimeseriesCsv) -> int:
    """Return a number of rows of which each split holds a few windows."""
    holdouts = [holdout for holdout in (data.validation, data.test) if holdout]
    counts = [holdout.count or (holdout.rows or [0])[-1] for holdout in holdouts]
    window = data.lookback + data.last_step + 1
    shares = [0.2, *(holdout.fraction for holdout in holdouts if holdout.fraction)]
    return max(_ROWS, round(_WINDOWS * window / min(shares)), *(4 * count for count in counts))
