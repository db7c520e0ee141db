"""Your own time series in a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.tables import column_types, csv_file, timestamps
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.task import Task
from dlpy.datasets._series import Record, Series, segments, thinned
from dlpy.datasets._table_options import Delimiter, no_column, no_column_to_predict, require_names
from dlpy.models.dense import as_list

_STAND_IN_ROWS = 2_000
_STAND_IN_WINDOWS = 3  # complete windows in the smallest split
_NOISE = 0.1


class TimeseriesCsv(Series):
    """A CSV file with a header, `path`, whose rows are in time order, and a column to forecast.

    By default the last rows of the file are the validation and test rows. Rows are numbered from 0.
    """

    name: Literal["timeseries_csv"] = "timeseries_csv"
    time: str | None = None
    """Column of timestamps: 2016-12-31 23:50, 31.12.2016 23:50 or seconds since 1970. Default: none, rows are taken in
    file order."""
    columns: Annotated[list[str], Field(min_length=1)] | None = None
    """Feature columns. Default: all numeric columns, including the target's own past."""
    target: Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str]), Field(min_length=1)]
    """Column to forecast, or a list of columns with the same unit, which are scaled together."""
    gaps: Literal["error", "allow"] = "error"
    """How to handle irregular or repeated timestamps. error: stop; allow: drop the windows that cross a gap."""
    delimiter: Delimiter = ","
    """Character between cells, e.g. ";" or "\\t"."""

    @model_validator(mode="after")
    def _columns_fit(self) -> TimeseriesCsv:
        if self.path is None:
            raise ValueError("timeseries_csv needs 'path', the path of the CSV file")
        for key in ("columns", "target"):
            names = getattr(self, key) or []
            repeated = next((name for name in names if names.count(name) > 1), None)
            if repeated is not None:
                raise ValueError(f"column '{repeated}' is listed twice under {key}")
            if self.time in names:
                raise ValueError(f"column '{self.time}' cannot be both time and {key}")
        known = self.columns is not None and self.target[0] not in self.columns
        if (self.difference or self.period) and (known or len(self.target) > 1):
            key = "difference" if self.difference else "period"
            raise ValueError(f"'{key}' needs a single target that is among the columns")
        return self

    def outline(self) -> Task | None:
        if self.columns is None:
            return None
        return self.task(len(self.columns), self._place(self.columns), len(self.target))

    def load(self) -> Loaded:
        file = csv_file.read(Path(str(self.path)), self.delimiter)
        times = self._times(file)
        self._check_names(file)
        columns = column_types.columns_of(file)
        if self.columns is None:
            require_names(file, [name for name in file.names if name != self.time])
        names = self.columns or [name for name in file.names if name != self.time and _is_numeric(file, columns[name])]
        if not names:
            raise DataError(f"{file.path.name} has no numeric columns; a series needs at least one.")
        values = _numbers(file, columns, names)
        target = _numbers(file, columns, self.target)
        broken = None if times is None else timestamps.breaks(times)
        record = Record(
            values, target[:, 0] if len(self.target) == 1 else target, self._place(names), times, broken, tuple(names)
        )
        loaded = self.loaded(record, Source("file", str(file.path)))
        notes = (_about(times, file), *self._gap_notes(times))
        return Loaded(loaded.train, loaded.test, loaded.task, loaded.source, {"columns": names}, notes)

    def read(self, path: Path, task: Task) -> Rows:
        file = csv_file.read(path, self.delimiter)
        if self.columns is None:
            raise ConfigError("data: 'columns' must be listed, as in the run's config.yaml.")
        times = self._times(file)
        columns = column_types.columns_of(file)
        for name in self.columns:
            if name not in columns:
                raise no_column_to_predict(file, name, self.delimiter)
        values = _numbers(file, columns, self.columns)
        anchors = np.arange(self.lookback, len(file) + 1)
        if len(anchors) == 0:
            raise DataError(f"{path} has {len(file):,} rows; a window needs {self.lookback:,}.")
        marks = {}
        if times is not None and len(times) > 1:
            segment = segments(timestamps.breaks(times), len(times))
            anchors = anchors[segment[anchors - self.lookback] == segment[anchors - 1]]
            later = times[anchors - 1] + (self.delay + 1) * timestamps.spacing(times)
            marks = {"time": later.astype(np.int64)}
        windows = self.windowed(Record(values, values, self._place(self.columns)), anchors)
        return Rows({"input": windows}, {}, anchors + self.delay, marks)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        names = self.columns or self.target
        holdouts = [holdout for holdout in (self.validation, self.test) if holdout]
        numbers = [holdout.count or (holdout.rows or [0])[-1] for holdout in holdouts]
        window = self.lookback + self.delay + 1
        shares = [0.2, *(holdout.fraction for holdout in holdouts if holdout.fraction)]
        times = max(
            _STAND_IN_ROWS, round(_STAND_IN_WINDOWS * window / min(shares)), *(4 * number for number in numbers)
        )
        every = list(dict.fromkeys([*names, *self.target]))
        values = _waves(times, len(every), self.period or max(2, window // 2), seed)
        of_targets = values[:, [every.index(name) for name in self.target]]
        target = of_targets[:, 0] if len(self.target) == 1 else of_targets
        source = Source("stand-in", f"a generated series with the columns of {self.path}")
        loaded = self.loaded(Record(values[:, : len(names)], target, self._place(names), names=tuple(names)), source)
        train = thinned(loaded.train, limit)
        test = thinned(loaded.test, limit)
        return Loaded(train or loaded.train, test, loaded.task, source, {"columns": names})

    def _place(self, names: list[str]) -> int | None:
        """Return the position of the target among the columns; None for several targets or if it is not among them."""
        return names.index(self.target[0]) if len(self.target) == 1 and self.target[0] in names else None

    def _check_names(self, file: CsvFile) -> None:
        for key, names in (("target", self.target), ("columns", self.columns or [])):
            for name in names:
                if name not in file.names:
                    raise no_column(file, key, name)

    def _times(self, file: CsvFile) -> np.ndarray | None:
        """Return the timestamp of every row.

        Raises:
            DataError: one is missing, invalid, earlier than the previous one or, unless gaps are allowed, irregular.
        """
        if self.time is None:
            return None
        if self.time not in file.names:
            raise no_column(file, "time", self.time)
        texts = file.texts(self.time)
        times, wrong = timestamps.times_of(texts)
        if wrong is not None:
            hint = "Expected for example 2016-12-31 23:50:00, 31.12.2016 23:50:00 or seconds since 1970."
            what = f"'{texts[wrong]}' is not a timestamp" if texts[wrong] else "the timestamp is missing"
            raise DataError(f"{file.where(wrong, self.time)}: {what}. {hint}")
        self._check_order(file, texts, times)
        return times

    def _check_order(self, file: CsvFile, texts: list[str], times: np.ndarray) -> None:
        steps = np.diff(times)
        back = np.flatnonzero(steps < np.timedelta64(0)) + 1
        if len(back):
            row = int(back[0])
            where = file.where(row, str(self.time))
            raise DataError(
                f"{where}: {texts[row]} is earlier than {texts[row - 1]} in the row before. Sort the rows by time."
            )
        if self.gaps == "allow":
            return
        allow = "or set data.gaps: allow to drop the windows that cross it"
        same = np.flatnonzero(steps == np.timedelta64(0)) + 1
        if len(same):
            where = file.where(int(same[0]), str(self.time))
            raise DataError(f"{where}: {texts[same[0]]} occurs twice. Keep one of the two rows, {allow}.")
        for note in self._gap_notes(times):
            raise DataError(f"{file.path}: {note}. Fill in the missing rows, {allow}.")

    def _gap_notes(self, times: np.ndarray | None) -> list[str]:
        """Return a line about the number of gaps and where they are; empty if there are none."""
        found = np.empty(0, np.int64) if times is None or len(times) < 2 else timestamps.breaks(times)
        if times is None or not len(found):
            return []
        first, usual = int(found[0]), timestamps.spelled(timestamps.spacing(times))
        count = "one gap" if len(found) == 1 else f"{len(found):,} gaps, the first"
        where = f"{timestamps.stamp(times[first - 1])} and {timestamps.stamp(times[first])} (row {first:,})"
        return [f"{count} between {where}; rows are {usual} apart"]


def _numbers(file: CsvFile, columns: dict[str, Column], names: list[str]) -> np.ndarray:
    """Return columns as (rows, columns) float64 after checking every cell."""
    for name in names:
        column = columns[name]
        if column.bad:
            raise _bad_cell(file, column)
        if column.missing:
            row = min(column.missing)
            shown = f"the cell is missing: '{text}'" if (text := file.texts(name)[row]) else "the cell is missing"
            where = file.where(row, name)
            raise DataError(f"{where}: {shown}. A series needs every value; fill it in, for example with the last one.")
        column_types.check_range(file, column)
    return np.stack([columns[name].values for name in names], axis=1)


def _is_numeric(file: CsvFile, column: Column) -> bool:
    try:
        return column_types.guess_numeric(file, column)
    except DataError:
        raise _bad_cell(file, column) from None


def _bad_cell(file: CsvFile, column: Column) -> DataError:
    problem = str(column_types.bad_cell(file, column)).partition(" Correct it")[0]
    return DataError(f"{problem} Correct it, or list the columns to learn from under data.columns.")


def _about(times: np.ndarray | None, file: CsvFile) -> str:
    if times is None or len(times) < 2:
        return f"series: {len(file):,} rows without timestamps"
    first, last = timestamps.stamp(times[0]), timestamps.stamp(times[-1])
    return f"series: {len(file):,} rows {timestamps.spelled(timestamps.spacing(times))} apart, {first} to {last}"


def _waves(times: int, columns: int, period: int, seed: int) -> np.ndarray:
    """Return a generated series (times, columns): a wave of known period, slow drift, and unpredictable noise.

    No model can get a smaller error than a standard deviation of _NOISE.
    """
    random = np.random.default_rng([seed, 9])
    phase = random.uniform(0, 2 * np.pi, columns)
    waves = np.sin(np.arange(times)[:, None] * 2 * np.pi / period + phase)
    drift = np.sin(np.arange(times)[:, None] * 2 * np.pi / (7.3 * period) + 2 * phase)
    return waves + 0.5 * drift + random.normal(0, _NOISE, (times, columns))
