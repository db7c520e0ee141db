"""What an ensemble stores of its predictions for the validation rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlpy.ensembles.scored import is_number
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.storage.atomic import write_arrays
from dlpy.training.class_table import class_table, save_class_table


def save_shown(run: Run, shown: Mapping[str, Stored], predictions: Mapping[str, np.ndarray]) -> None:
    """Write predictions.npz and the tables of classes for the parts that the validation rows are."""
    arrays: dict[str, np.ndarray] = {}
    for name, stored in shown.items():
        key = stored.key
        own = {"index": stored.index, "target": stored.target, "prediction": predictions[name].astype(np.float32)}
        own |= _columns(stored)
        arrays |= {f"{key}.{array}": values for array, values in own.items()}
        if stored.of is not None and not is_number(stored):
            save_class_table(run, key, class_table(stored.target, predictions[name], stored.of))
    write_arrays(run.predictions, arrays)


def _columns(stored: Stored) -> dict[str, np.ndarray]:
    """Return what else is stored of rows: their groups, times and baseline."""
    names = ("baseline", "group", "origin", "drawn", "history", "drawn_series")
    found = {name: array for name in names if (array := getattr(stored, name)) is not None}
    if stored.time is not None:
        found["time"] = stored.time.astype(np.int64)
    if stored.series is not None:
        found["of_series"] = stored.series
    if stored.quantiles is not None:
        found["quantiles"] = stored.quantiles.reshape(len(stored.index), -1).astype(np.float32)
    return found
