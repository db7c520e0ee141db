"""Base class of the time-series datasets: lookback windows, the forecast target, and splits in time order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError
from dlpy.data.features import Windows
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout
from dlpy.data.task import Input, Output, Task
from dlpy.data.windows import step_at

_MOST = 10_000_000  # largest lookback in rows: all offsets of a window are listed when the experiment is checked
Steps = Annotated[int, Field(ge=0, le=_MOST)]
Positive = Annotated[int, Field(gt=0, le=_MOST)]
_TRAIN, _VALIDATION, _TEST = range(3)


@dataclass(frozen=True)
class Record:
    """A recorded series.

    values: (times, columns) float64. target: (times,) or (times, targets) float64. column: the position of the target
    among the columns, if it is one. times: (times,) datetime64[us]. breaks: rows that start after a gap.
    names: column names.
    """

    values: np.ndarray
    target: np.ndarray
    column: int | None
    times: np.ndarray | None = None
    breaks: np.ndarray | None = None
    names: tuple[str, ...] = ()


class Series(Dataset):
    """Windows of a series: every `step`-th of rows i - lookback to i - 1 is the input, row i + delay the target."""

    in_time_order = True

    lookback: Positive
    """Length of the lookback window in rows."""
    step: Positive = 1
    """Take every n-th row of the window; 1 takes all."""
    delay: Steps
    """Forecast horizon in rows: 0 predicts the row right after the window, 1 the row after that."""
    period: Positive | None = None
    """Seasonal period in rows, e.g. 24 for hourly rows; adds the seasonal naive forecast as a second baseline. Default:
    none."""
    unit: str = ""
    """Unit of the target, shown in tables and plots, e.g. degC."""
    difference: bool = False
    """Feed the target's past as differences from its last value, and add that value to the model's output."""
    validation: Holdout | None = Holdout(fraction=0.2)
    """Validation rows: a fraction or a count, taken from the end before the test rows, or rows: [first, last]. No
    window crosses from one split into another."""
    test: Holdout | None = Holdout(fraction=0.2)
    """Test rows, used only by `dlpy evaluate`: a fraction or a count, taken from the end, or rows: [first, last]."""

    @model_validator(mode="after")
    def _in_order(self) -> Series:
        for key, holdout in (("validation", self.validation), ("test", self.test)):
            if holdout and (holdout.take == "random" or holdout.stratify):
                raise ValueError(f"{key}: a series can only be split in time order: set take to first or last")
        if self.test and (self.test.use or self.test.column):
            raise ValueError("'test' should be a fraction, a count, or rows: [first, last]")
        if self.period and self.before is None:
            needed = -(-(self.lookback + self.delay - self._offsets()[-1]) // self.period) * self.period - self.delay
            raise ValueError(
                f"period: the window is shorter than a period of {self.period} rows: set lookback to at least {needed}"
            )
        return self

    @property
    def reach(self) -> int:
        """Number of rows after a window that must belong to the same split."""
        return self.delay

    @property
    def before(self) -> int | None:
        """The row of the window that lies a whole number of periods before the target, or None."""
        if self.period is None:
            return None
        target = self.lookback + self.delay
        offset = target - -(-(target - int(self._offsets()[-1])) // self.period) * self.period
        return offset if offset >= 0 else None

    def task(self, columns: int, column: int | None, targets: int = 1) -> Task:
        """Return the forecasting task for windows with this many columns."""
        offsets = self._offsets()
        place = step_at(offsets, self.before)
        given = Input("array", (len(offsets), columns), target=column, last=len(offsets) - 1, before=place)
        return Task.single(given, Output("regression", targets, unit=self.unit, from_last=self.difference))

    def windowed(self, record: Record, anchors: np.ndarray) -> Windows:
        """Return the windows that end right before these rows."""
        return Windows(record.values, anchors - self.lookback, self._offsets(), record.column, self.before)

    def anchors(self, times: int) -> np.ndarray:
        """Return the rows that follow a complete window and have a target."""
        return np.arange(self.lookback, times - self.delay)

    def loaded(self, record: Record, source: Source) -> Loaded:
        """Return the windows of a series, without those that cross a gap or the border of the test split."""
        times = len(record.values)
        anchors = self.anchors(times)
        if len(anchors) == 0:
            needed = f"a window and its target need {self.lookback + self.delay + 1:,}"
            raise DataError(f"{source.description} has {times:,} rows; {needed}.")
        part = self._parts(times, source)
        if record.breaks is not None:
            segment = segments(record.breaks, times)
            anchors = anchors[_whole(segment, anchors - self.lookback, anchors + self.delay)]
        test = part == _TEST
        anchors = anchors[_whole(test, *self._ends(anchors, times))]
        rows = self._rows(record, anchors)
        chosen = test[anchors - self.lookback]
        train, held = np.flatnonzero(~chosen), np.flatnonzero(chosen)
        if self.test:
            self._require(held, "test", int(test.sum()))
        self._require(train, "training", int((~test).sum()))
        targets = 1 if record.target.ndim == 1 else record.target.shape[1]
        task = self.task(record.values.shape[1], record.column, targets)
        task = task.with_input(replace(task.input, columns=record.names))
        return Loaded(rows.take(train), rows.take(held) if self.test else None, task, source)

    def divided(self, loaded: Loaded, holdout: Holdout) -> tuple[np.ndarray, np.ndarray]:
        windows = loaded.train.x
        if not isinstance(windows, Windows):
            raise TypeError("expected the rows to be Windows")
        part = self._parts(len(windows.series), loaded.source)
        first, last = self._ends(windows.starts + self.lookback, len(part))
        whole = _whole(part, first, last)
        found = [np.flatnonzero(whole & (part[first] == number)) for number in (_TRAIN, _VALIDATION)]
        for name, rows, number in zip(("training", "validation"), found, (_TRAIN, _VALIDATION), strict=True):
            self._require(rows, name, int((part == number).sum()))
        return found[0], found[1]

    def holdout(self, holdout: Holdout, times: int, source: Source) -> Holdout:
        """Return the held-out rows among this many."""
        return holdout

    def _offsets(self) -> np.ndarray:
        return np.arange(0, self.lookback, self.step)

    def _ends(self, anchors: np.ndarray, times: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and the last row that must belong to the same split."""
        return anchors - self.lookback, np.minimum(anchors + self.reach, times - 1)

    def _rows(self, record: Record, anchors: np.ndarray) -> Rows:
        aims = anchors + self.delay
        marks = {} if record.times is None else {"time": record.times[aims].astype(np.int64)}
        y = record.target[aims].astype(np.float32)
        return Rows({"input": self.windowed(record, anchors)}, {"target": y}, aims, marks)

    def _parts(self, times: int, source: Source) -> np.ndarray:
        """Return the split of each row: (times,) int8."""
        part = np.zeros(times, np.int8)
        for key, holdout, number in (("test", self.test, _TEST), ("validation", self.validation, _VALIDATION)):
            if holdout is not None and not holdout.use:
                free = np.flatnonzero(part == _TRAIN)
                part[held_out(self.holdout(holdout, times, source), free, times, f"data.{key}")] = number
        return part

    def _require(self, rows: np.ndarray, name: str, times: int) -> None:
        if len(rows) == 0:
            needed = f"a window and its target need {self.lookback + self.delay + 1:,}"
            raise DataError(f"the {name} split has {times:,} rows, too few for a window; {needed}.")


def segments(breaks: np.ndarray, times: int) -> np.ndarray:
    """Return for each row the number of its gap-free segment: (times,) int64."""
    begins = np.zeros(times, np.int64)
    begins[breaks] = 1
    return np.cumsum(begins)


def thinned(rows: Rows | None, limit: int | None) -> Rows | None:
    """Return at most `limit` rows, evenly spaced."""
    if rows is None or limit is None or len(rows) <= limit:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, limit).astype(np.int64))


def held_out(holdout: Holdout, free: np.ndarray, times: int, key: str) -> np.ndarray:
    """Return the held-out rows among the free ones."""
    if holdout.rows:
        first, last = holdout.rows
        if last >= times:
            raise DataError(f"{key}: row {last:,} does not exist: the series has {times:,} rows, numbered from 0.")
        taken = np.arange(first, last + 1)
        if not np.isin(taken, free).all():
            raise DataError(f"{key}: some of the rows {first:,} to {last:,} are test rows.")
        return taken
    count = holdout.count or round((holdout.fraction or 0) * len(free))
    if not 0 < count < len(free):
        raise DataError(f"{key}: cannot hold out {count:,} of {len(free):,} rows: both splits need at least one row.")
    return free[:count] if holdout.take == "first" else free[-count:]


def _whole(part: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return for each span, given its first and last row, whether all its rows belong to the same split."""
    changes = np.concatenate([[0], np.cumsum(np.diff(part.astype(np.int64)) != 0)])
    return changes[first] == changes[last]
