"""The lags of the windows of a series, in the series' unit of time, and windows whose lags are shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.explain.importance import Group
from dlpy.explain.predictor import Numbers
from dlpy.training.evaluate import Trained

_UNITS = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("seconds", 1.0))
_MOST_CELLS = 20_000_000  # of shuffled windows in memory


@dataclass(frozen=True)
class Lags:
    """How far before the target each time step of a window lies: (steps,), in a unit; of whole series, its position."""

    values: np.ndarray
    unit: str
    kind: Literal["lag", "step"] = "lag"

    @property
    def label(self) -> str:
        """What the values are, for tables and figures."""
        return f"lag in {self.unit}" if self.kind == "lag" else "step of the series"


@dataclass(frozen=True)
class Span:
    """Time steps of a window, or of whole series, that are shuffled together."""

    steps: tuple[int, ...]
    first: float  # the lag, or the position, of the oldest
    last: float

    @property
    def name(self) -> str:
        """The lags or positions of the span."""
        return f"{self.first:g}" if self.first == self.last else f"{self.first:g} to {self.last:g}"


def lags_of(raw: Rows, steps: int, *, whole: bool = False) -> Lags:
    """Return the lags of the time steps, in the largest unit of time of which a step is at least half.

    Without times they are in rows of the series; rows that are no windows of one have positions from the end, or, as
    `whole` series, from the start, 1 being the first.
    """
    x = raw.x
    if whole:
        return Lags(np.arange(1.0, steps + 1), "time steps", "step")
    if not isinstance(x, Windows):
        return Lags(np.arange(steps, 0, -1, dtype=np.float64), "time steps")
    apart = (raw.index - x.starts)[0] - x.offsets
    spacing = _spacing(raw)
    if spacing is None:
        return Lags(apart.astype(np.float64), "rows")
    step = spacing * float(np.abs(np.diff(apart)).min(initial=apart.max()))
    name, seconds = next((one for one in _UNITS if step >= one[1] / 2), _UNITS[-1])
    return Lags(apart * spacing / seconds, name)


def _spacing(raw: Rows) -> float | None:
    """Return the seconds between two rows of the series, or None if they have no times."""
    if "time" not in raw.columns or len(raw) < 2:
        return None
    rows, times = np.diff(raw.index), np.diff(raw.columns["time"])
    each = times[rows > 0] / rows[rows > 0]
    return float(np.median(each)) / 1e6 if len(each) and np.median(each) > 0 else None


def spans_of(lags: Lags, most: int) -> list[Span]:
    """Return at most `most` spans of neighboring time steps, the oldest first."""
    pieces = np.array_split(np.arange(len(lags.values)), min(most, len(lags.values)))
    return [Span(tuple(piece.tolist()), *_ends(lags.values[piece])) for piece in pieces]


def _ends(lags: np.ndarray) -> tuple[float, float]:
    return float(lags[0]), float(lags[-1])


@dataclass(frozen=True)
class ShuffledWindows:
    """Windows, after the transforms, of which spans of time steps or columns are shuffled between the rows.

    orders: (shuffles, rows). spans: the time steps of each group that is no input.
    """

    trained: Trained
    rows: Rows
    orders: np.ndarray
    spans: Sequence[Span]

    def groups(self, columns: Sequence[str]) -> list[Group]:
        """Return each span as a group, and each column as an input if there are several."""
        spans = [Group(span.name, (number,)) for number, span in enumerate(self.spans)]
        named = [Group(name, (place,), is_input=True) for place, name in enumerate(columns)]
        return spans + (named if len(columns) > 1 else [])

    def predict(self, group: Group) -> Numbers:
        """Return the predictions for all shuffles of a group, one after the other."""
        x = self.rows.array
        together = max(1, _MOST_CELLS // x.size)
        found = []
        for start in range(0, len(self.orders), together):
            piece = [self._shuffled(x, order, group) for order in self.orders[start : start + together]]
            found.append(self._predicted(np.concatenate(piece)))
        return {name: np.concatenate([one[name] for one in found]) for name in found[0]}

    def usual(self) -> Numbers:
        """Return the predictions for the windows as they are."""
        return self._predicted(self.rows.array)

    def _shuffled(self, x: np.ndarray, order: np.ndarray, group: Group) -> np.ndarray:
        changed = x.copy()
        if group.is_input:
            changed[..., list(group.columns)] = x[order][..., list(group.columns)]
        else:
            steps = list(self.spans[group.columns[0]].steps)
            changed[:, steps] = x[order][:, steps]
        # whole series keep their length: NaN follows their end
        return np.where(np.isnan(x) | np.isnan(changed), x, changed)

    def _predicted(self, x: np.ndarray) -> Numbers:
        rows = self.rows.take(np.arange(len(x)) % len(self.rows))
        rows = replace(rows, inputs=dict.fromkeys(rows.inputs, x))
        return {name: numbers.astype(np.float64) for name, numbers in self.trained.own_predictions(rows).items()}
