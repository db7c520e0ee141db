"""Generated series in place of a user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlpy.data.rows import Rows
from dlpy.data.task import Output
from dlpy.datasets._generated_targets import answers, within
from dlpy.datasets._table_options import generated_marks
from dlpy.datasets._whole_series_labels import target_of
from dlpy.stand_ins.door import SENSORS, WAYS, door

if TYPE_CHECKING:
    from dlpy.datasets.whole_series import WholeSeries

_ROWS = 1_200


def generated(data: WholeSeries, seed: int, limit: int | None) -> tuple[Rows, Output, list[str]]:
    """Return generated series, their target, and the names of their channels."""
    count = min(_ROWS, limit or _ROWS)
    x, ways = door(seed, 0, count)
    names = ["value"] if data.chosen_layout == "wide" else [*(data.columns or SENSORS)]
    wanted = target_of(data).outline()
    if wanted.kind in ("unknown", "binary"):
        y, output = ways, Output("binary", 1, wanted.classes or WAYS)
    else:
        random = np.random.default_rng([seed, 94])
        y, output = answers(random, 2.0 * ways - 1 + 0.5 * random.normal(size=count), wanted)
    holdouts = [holdout for holdout in (data.validation, data.test) if holdout and holdout.column]
    columns = generated_marks(count, holdouts) | ({"group": np.arange(count) // 5} if data.group else {})
    x = within(_of_length(_of_channels(x, len(names)), data.length), data.transforms)
    return Rows.single(x, y, columns), output, names


def _of_channels(x: np.ndarray, count: int) -> np.ndarray:
    """Return series with that many channels; a single one is the difference of both sensors."""
    return x[..., :1] - x[..., 1:] if count == 1 else x[..., np.arange(count) % x.shape[2]]


def _of_length(x: np.ndarray, length: int | None) -> np.ndarray:
    """Return series of at most this length, NaN after their end."""
    length = length or x.shape[1]
    return np.pad(x[:, :length], ((0, 0), (0, max(0, length - x.shape[1])), (0, 0)), constant_values=np.nan)
