"""Naive forecasts of windows, the last value or the same time of an earlier period, in the target's own unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.data.task import Output
from dlpy.data.units import scores_in_unit


def guess_in_unit(rows: Rows, output: Output, names: Mapping[str, str]) -> dict[str, float]:
    """Return the scores in the target's own unit of the first guess of windows, by key; {} without one.

    Args:
        names: the names of the scores by key.
    """
    x = next(iter(rows.inputs.values()))
    guesses = x.guesses() if isinstance(x, Windows) else {}
    if not guesses:
        return {}
    shape = rows.y.reshape(len(rows), -1).shape
    guess = np.broadcast_to(next(iter(guesses.values())).reshape(len(rows), -1), shape)
    found = scores_in_unit(rows, guess, output, names.values())
    return {key: found[name] for key, name in names.items() if name in found}
