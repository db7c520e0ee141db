"""Base class of the time-series datasets: lookback windows, forecast targets, and splits in time order."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError
from dlpy.data.features import Windows
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, KFold
from dlpy.data.stored.mapped_rows import changed, rows_where
from dlpy.data.task import Input, Output, Task
from dlpy.data.windows import step_at
from dlpy.datasets._series_parts import Parts, Stretch, divided
from dlpy.datasets._series_record import Record
from dlpy.datasets._series_spans import forward_blocks, in_one_segment, spans_of, windows_of
from dlpy.datasets._series_spans import targets_at as targets_of_windows

_MOST = 10_000_000  # largest lookback in rows: all offsets of a window are listed when the experiment is checked
Steps = Annotated[int, Field(ge=0, le=_MOST)]
Positive = Annotated[int, Field(gt=0, le=_MOST)]
_TRAIN, _VALIDATION, _TEST = range(3)


class Series(Dataset):
    """Windows of a series: every `step`-th of rows i - lookback to i - 1 is the input, row i + delay the target.

    With a horizon, the rows from i + delay on are the targets, as many as the horizon is long.
    """

    in_time_order = True
    folds_go_forward = True

    lookback: Positive
    """Length of the lookback window in rows."""
    step: Positive = 1
    """Take every n-th row of the window; 1 takes all."""
    delay: Steps = 0
    """Rows between the window and its target: 0 predicts the row right after the window, 1 the row after that."""
    horizon: Positive | None = None
    """Number of rows to predict at once, e.g. 24 for the next day of hourly rows, from the row that `delay` gives on.
    Default: that row alone."""
    period: Positive | None = None
    """Seasonal period in rows, e.g. 24 for hourly rows; adds the seasonal naive forecast as a second baseline."""
    unit: str = ""
    """Unit of the target, shown in tables and plots, e.g. degC."""
    difference: bool | Literal["scaled"] = False
    """Feed the target's past as differences from its last value, and add that value to the model's output. scaled: both
    in units of the window's mean absolute step, for series that vary more where they are higher."""
    windows: Literal["within_parts", "across_parts"] = "within_parts"
    """Rows that windows with held-out targets may hold. within_parts: rows of their own part alone, so that no window
    crosses from one part into another. across_parts: earlier parts too, as when forecasts are made day by day, which
    leaves more to score of a short series. Targets are always rows of their own part."""
    validation: Holdout | None = Holdout(fraction=0.2)
    """Validation rows: a fraction or a count, taken from the end before the test rows, or rows: [first, last]."""
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
            needed = self.lookback_for(self.period)
            raise ValueError(
                f"period: the window is shorter than a period of {self.period} rows: set lookback to at least {needed}"
            )
        return self

    @property
    def is_several(self) -> bool:
        """Whether there are several series, each with a scale of its own."""
        return False

    @property
    def last_step(self) -> int:
        """Number of rows from the one after the window to the last target."""
        return self.delay + (self.horizon or 1) - 1

    @property
    def reach(self) -> int:
        """Number of rows after a window that must belong to the same split."""
        return self.last_step

    @property
    def before(self) -> int | np.ndarray | None:
        """The row of the window that lies a whole number of periods before the target, or None; one for each step."""
        if self.period is None:
            return None
        target = self.lookback + self.delay + np.arange(self.horizon or 1)
        offset = target - -(-(target - int(self._offsets()[-1])) // self.period) * self.period
        if offset.min() < 0:
            return None
        return int(offset[0]) if self.horizon is None else offset

    def lookback_for(self, period: int) -> int:
        """Return the lookback that has a row a whole number of periods before each target."""
        after = self.lookback - int(self._offsets()[-1])
        wanted = [after + self.delay + number for number in range(self.horizon or 1)]
        return max(-(-steps // period) * period - steps for steps in wanted) + after

    def task(self, columns: int, column: int | None, targets: int = 1) -> Task:
        """Return the forecasting task for windows with this many columns."""
        offsets = self._offsets()
        given = Input("array", (len(offsets), columns), target=column, last=len(offsets) - 1)
        given = replace(given, before=step_at(offsets, self.before), several=self.is_several)
        output = Output("regression", self.horizon or targets, unit=self.unit, horizon=self.horizon)
        return Task.single(
            given, replace(output, from_last=bool(self.difference), by_window=self.difference == "scaled")
        )

    def windowed(self, record: Record, anchors: np.ndarray) -> Windows:
        """Return the windows that end right before these rows."""
        starts = changed(anchors, lambda some: anchors[some] - self.lookback)
        windows = Windows(record.values, starts, self._offsets(), record.column, self.before)
        return replace(windows, horizon=self.horizon, owner=record.owner, ids=record.ids, since=record.since)

    def span(self, times: int) -> tuple[int, int]:
        """Return the first row of a series that can be right behind a window, and the one after the last."""
        return self.lookback, times - self.last_step

    def anchors(self, times: int) -> np.ndarray:
        """Return the rows right behind the windows of a series without gaps."""
        return np.arange(*self.span(times))

    def loaded(self, record: Record, source: Source) -> Loaded:
        """Return the windows of a series, without those that cross a gap or the border of the test split."""
        times = len(record.values)
        first, end = self.span(times)
        if end <= first:
            raise DataError(f"{source.description} has {times:,} rows; {self._needed}.")
        parts = self.parts(spans_of(record.owner, times), source).only(_TEST)
        train, held = (self._windows_of_part(record, parts, number) for number in (_TRAIN, _TEST))
        if self.test:
            self._require(held, "test", parts.count(_TEST))
        self._require(train, "training", parts.count(_TRAIN))
        targets = 1 if record.target.ndim == 1 else record.target.shape[1]
        task = self.task(record.values.shape[1], record.column, targets)
        task = task.with_input(replace(task.input, columns=record.names))
        test = self.rows_of(record, held) if self.test else None
        return Loaded(self.rows_of(record, train), test, task, source)

    def _windows_of_part(self, record: Record, parts: Parts, number: int) -> np.ndarray:
        """Return the rows right behind the windows of a part that cross no gap."""

        def are_of_part(anchors: np.ndarray) -> np.ndarray:
            own = self._part_of(parts, anchors, record.since) == number
            return own & self.is_whole(record, anchors, self.last_step)

        return rows_where(
            self.span(len(record.values)), are_of_part, record.values, record.breaks, record.since, record.until
        )

    def divided(self, loaded: Loaded, holdout: Holdout) -> tuple[np.ndarray, np.ndarray]:
        windows = windows_of(loaded.train)
        parts = self.parts(spans_of(windows.owner, len(windows.series)), loaded.source)
        train, validation = (
            self._rows_of_part(windows, parts, number, name)
            for number, name in ((_TRAIN, "training"), (_VALIDATION, "validation"))
        )
        return train, validation

    def _rows_of_part(self, windows: Windows, parts: Parts, number: int, name: str) -> np.ndarray:
        """Return the positions of the windows of a part."""

        def are_of_part(rows: np.ndarray) -> np.ndarray:
            return self._part_of(parts, windows.starts[rows] + self.lookback, windows.since) == number

        found = rows_where((0, len(windows)), are_of_part, windows.starts, windows.since)
        self._require(found, name, parts.count(number))
        return found

    def folds(self, loaded: Loaded, kfold: KFold) -> list[tuple[np.ndarray, np.ndarray]]:
        anchors = loaded.train.index - self.delay
        blocks = forward_blocks(windows_of(loaded.train).owners, (loaded.train.index, anchors + self.last_step), kfold)
        for number, (train, validation) in enumerate(blocks, 1):
            if not len(train) or not len(validation):
                name = "training" if not len(train) else "validation"
                raise DataError(f"fold {number} of {kfold.folds} has no {name} windows: use fewer folds.")
        return blocks

    def holdout(self, holdout: Holdout, times: int, source: Source) -> Holdout:
        """Return the held-out rows among this many."""
        return holdout

    def is_whole(self, record: Record, anchors: np.ndarray, after: int) -> np.ndarray:
        """Return which windows cross no gap and are filled from no later row; `after` rows behind each belong to it."""
        whole = np.ones(len(anchors), bool)
        if record.breaks is not None:
            whole = in_one_segment(record.breaks, anchors - self.lookback, anchors + after)
        if record.since is not None and record.until is not None:
            start, last = anchors - self.lookback, anchors - self.lookback + self._offsets()[-1]
            whole &= (record.since[start] >= 0) & (record.until[last] <= last)
        return whole

    def _offsets(self) -> np.ndarray:
        return np.arange(0, self.lookback, self.step)

    def _part_of(self, parts: Parts, anchors: np.ndarray, since: np.ndarray | None) -> np.ndarray:
        """Return the part of each window, -1 where its rows are of several that do not fit: (windows,) int64."""
        start = anchors - self.lookback
        first = start if since is None else since[start]
        last = np.minimum(anchors + self.reach, parts.rows - 1)
        aim = np.minimum(anchors + self.delay, last) if self.windows == "across_parts" else first
        return parts.of_windows(first, aim, last)

    def rows_of(self, record: Record, anchors: np.ndarray) -> Rows:
        aims, times = changed(anchors, lambda some: anchors[some] + self.delay), record.times
        marks = {} if times is None else {"time": changed(aims, lambda some: times[aims[some]].astype(np.int64), times)}
        y = targets_of_windows(record.target, aims, self.horizon)
        return Rows({"input": self.windowed(record, anchors)}, {"target": y}, aims, marks)

    def parts(self, series: list[tuple[int, int]], source: Source) -> Parts:
        """Return the part of each row, those of every series in its own order of time; 0 is that of training rows."""
        given = (("data.test", self.test, _TEST), ("data.validation", self.validation, _VALIDATION))
        found: list[Stretch] = []
        for start, stop in series:
            holdouts = [
                (number, self.holdout(holdout, stop - start, source), key)
                for key, holdout, number in given
                if holdout is not None and not holdout.use
            ]
            own = divided(stop - start, holdouts)
            found += [(start + first, start + end, number) for first, end, number in own]
        return Parts.of(found)

    @property
    def _needed(self) -> str:
        return f"a window and its target need {self.lookback + self.last_step + 1:,}"

    def _require(self, rows: np.ndarray, name: str, times: int) -> None:
        if len(rows) == 0:
            own = self.windows == "within_parts" and name != "training"
            hint = ", or set data.windows: across_parts" if own else ""
            raise DataError(f"the {name} split has {times:,} rows, too few for a window; {self._needed}{hint}.")
