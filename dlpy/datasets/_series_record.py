"""A recorded series, or several: what all windows are cut out of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Record:
    """A recorded series, or several one after another.

    values: (times, columns) float64. target: (times,) or (times, targets) float64. column: the position of the target
    among the columns, if it is one. times: (times,) datetime64[us]. breaks: rows that start after a gap.
    names: column names. owner: (times,) int64, the number of each row's series, if there are several; ids: their names.
    since, until: (times,) int64, the first and the last row that each row was filled from; None: nothing was filled.
    """

    values: np.ndarray
    target: np.ndarray
    column: int | None
    times: np.ndarray | None = None
    breaks: np.ndarray | None = None
    names: tuple[str, ...] = ()
    owner: np.ndarray | None = None
    ids: tuple[str, ...] = ()
    since: np.ndarray | None = None
    until: np.ndarray | None = None
