"""Counts missing values and duplicate rows before training, for the report of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.data.features import Features, Padded, Scaled, Sequences, Sparse, Table
from dlpy.data.rows import Data, Rows
from dlpy.runs.directory import Run
from dlpy.training.row_warnings import shared_rows

_MOST_ROWS, _MOST_BYTES = 50_000, 32 << 20  # larger data is not searched for duplicates: it would take seconds


def save_counts(run: Run, raw: Rows, data: Data) -> None:
    """Write what is counted into run.json.

    Args:
        run: the run.
        raw: the training rows before the transforms.
        data: all rows after them.
    """
    counts: dict[str, Any] = {}
    tables = [x for x in raw.inputs.values() if isinstance(x, Table)]
    if tables:
        counts["missing"] = {name: count for x in tables for name, count in missing_values(x).items() if count}
    if all(
        _is_small(x)
        for rows in (data.train, data.validation, data.test)
        if rows is not None
        for x in rows.inputs.values()
    ):
        counts["duplicates"] = shared_rows(data)
    if counts:
        run.change("run.json", lambda record: {**record, "data": {**record["data"], "counts": counts}})


def missing_values(x: Table) -> dict[str, int]:
    """Return the number of missing cells of each column."""
    of_numbers = np.isnan(x.numeric).sum(axis=0).tolist()
    of_categories = (x.categorical == "").sum(axis=0).tolist()
    names = (*x.numeric_names, *x.categorical_names)
    return dict(zip(names, [*of_numbers, *of_categories], strict=True))


def _is_small(x: Features) -> bool:
    """Return whether rows can be compared in a moment; windows of a series overlap and are not compared."""
    if isinstance(x, Scaled):
        x = x.array
    if len(x) > _MOST_ROWS:
        return False
    return isinstance(x, Sparse | Sequences | Padded) or (isinstance(x, np.ndarray) and x.nbytes <= _MOST_BYTES)
