"""Your own time series in a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from dlpy.components.dataset import TargetOptions
from dlpy.components.named_transform import OfInput
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.rows import Loaded, Rows, Source, is_missing
from dlpy.data.tables import column_types, csv_file, timestamps
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.task import Output, Task
from dlpy.datasets._names import TARGET_OR_TARGETS, Found, Name, raise_found, required, wrong_names
from dlpy.datasets._series import Record, Series, segments, thinned
from dlpy.datasets._series_columns import (
    about,
    filled_notes,
    formats_in,
    in_formats,
    is_numeric,
    numbers,
    waves,
)
from dlpy.datasets._series_times import gap_notes, times_of
from dlpy.datasets._table_format import TableFileOptions
from dlpy.datasets._table_options import no_column, no_column_to_predict
from dlpy.models.dense import as_list

_STAND_IN_ROWS = 2_000
_STAND_IN_WINDOWS = 3  # complete windows in the smallest split
_ABOVE_ZERO = 3.0  # added, so that generated numbers have a logarithm


class SeriesTarget(TargetOptions):
    """A column to forecast."""

    column: str
    """Name of the column."""
    unit: str = ""
    """Unit of the column, shown in tables and plots, e.g. degC."""


class TimeseriesCsv(TableFileOptions, Series):
    """A table in a file, `path`, as with csv, whose rows are in time order, and a column to forecast.

    By default the last rows of the file are the validation and test rows. Rows are numbered from 0.
    """

    name: Literal["timeseries_csv"] = "timeseries_csv"
    time: str | None = None
    """Column of timestamps: 2016-12-31 23:50, 31.12.2016 23:50 or seconds since 1970. Default: none, rows are taken in
    file order."""
    columns: Annotated[list[str], Field(min_length=1)] | None = None
    """Feature columns. Default: all numeric columns, including the target's own past."""
    target: (
        Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str]), Field(min_length=1)]
        | None
    ) = None
    """Column to forecast, or a list of columns with the same unit, which are scaled together."""
    targets: Annotated[dict[Name, SeriesTarget], Field(min_length=1)] | None = None
    """Several columns to forecast instead, each with transforms and scores of its own, such as {temperature: {column:
    T, transforms: [standardize]}, pressure: {column: p}}."""
    gaps: Literal["error", "allow"] = "error"
    """How to handle irregular or repeated timestamps. error: stop; allow: drop the windows that cross a gap."""
    missing: Literal["error", "previous"] = "error"
    """How to handle missing cells. error: stop; previous: repeat the value before in lookback windows; rows without a
    target are left out."""
    formats: dict[str, CellFormat] = {}
    """How the cells of columns are written that are not plain numbers, as with csv. Default: found."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        found = super().__get_pydantic_json_schema__(schema, handler)
        handler.resolve_ref_schema(found)["anyOf"] = TARGET_OR_TARGETS
        return found

    @model_validator(mode="after")
    def _columns_fit(self) -> TimeseriesCsv:
        if self.path is None:
            raise ValueError("timeseries_csv needs 'path', the path of the CSV file")
        raise_found("timeseries_csv", self._wrong_targets(), self.model_fields_set)
        for key, names in (("columns", self.columns or []), ("target" if self.target else "targets", self.forecast)):
            repeated = next((name for name in names if names.count(name) > 1), None)
            if repeated is not None:
                raise ValueError(f"column '{repeated}' is listed twice under {key}")
            if self.time in names:
                raise ValueError(f"column '{self.time}' cannot be both time and {key}")
        known = self.columns is not None and self.forecast[0] not in self.columns
        if (self.difference or self.period) and (known or len(self.forecast) > 1 or self.targets is not None):
            key = "difference" if self.difference else "period"
            raise ValueError(f"'{key}' needs a single target that is among the columns")
        return self

    def _wrong_targets(self) -> list[Found]:
        """Return the mistakes in the options `target` and `targets`."""
        if self.target is None and self.targets is None:
            return [required("target", "the column to forecast; or name several under 'targets'")]
        found = [(("target",), "'targets' are given too: list it there, or leave 'targets' out.")]
        both = found if self.target is not None and self.targets is not None else []
        names = wrong_names([], self.targets or {})
        unit = self.targets is not None and self.unit != ""
        return [*both, *names, *([(("unit",), "with 'targets', each has its own: list it there.")] if unit else [])]

    @property
    def forecast(self) -> list[str]:
        """The columns to forecast."""
        return self.target or [wanted.column for wanted in (self.targets or {}).values()]

    def target_options(self) -> Mapping[str, SeriesTarget]:
        return self.targets or {}

    def all_transforms(self) -> list[Transform]:
        if self.targets is None:
            return super().all_transforms()
        # named targets have transforms of their own: those of the columns must not change a single one
        own = [
            OfInput(name=inner.name, of="input", inner=inner, keys=("data", "transforms", position))
            for position, inner in enumerate(self.transforms)
        ]
        return [*own, *self.named_transforms()]

    def outline(self) -> Task | None:
        if self.columns is not None:
            return self.task(len(self.columns), self._place(self.columns), len(self.forecast))
        if self.targets is None:
            return None
        task = self.task(1, None, len(self.forecast))
        return task.with_input(replace(task.input, shape=(task.input.shape[0], None)))

    def task(self, columns: int, column: int | None, targets: int = 1) -> Task:
        task = super().task(columns, column, targets)
        if self.targets is None:
            return task
        return replace(task, outputs={name: Output("regression", unit=one.unit) for name, one in self.targets.items()})

    def load(self) -> Loaded:
        file = csv_file.read(Path(str(self.path)), self.format)
        times = times_of(file, self.time, self.gaps)
        self._check_names(file)
        columns = in_formats(file, column_types.columns_of(file), self.columns, self.forecast, self.formats)
        free = [name for name in file.names if name != self.time and name not in file.index]
        names = self.columns or [name for name in free if is_numeric(file, columns[name])]
        if not names:
            raise DataError(f"{file.path.name} has no numeric columns; a series needs at least one.")
        values = numbers(file, columns, names, self.missing)
        target = numbers(file, columns, self.forecast, "error" if self.missing == "error" else "keep")
        broken = None if times is None else timestamps.breaks(times)
        record = Record(
            values, target[:, 0] if len(self.forecast) == 1 else target, self._place(names), times, broken, tuple(names)
        )
        loaded = self.loaded(record, Source("file", str(file.path)))
        every = [*dict.fromkeys([*names, *self.forecast])]
        formats = formats_in(columns, every)
        notes = [*file.notes, about(times, file), *gap_notes(times), *filled_notes(columns, every)]
        notes += [f"column '{name}': {form.described()}" for name, form in formats.items()]
        resolved: dict[str, object] = {"columns": names, **file.format.stated()}
        resolved |= {"formats": self.formats | formats} if formats else {}
        train, test = (_with_targets(rows) for rows in (loaded.train, loaded.test))
        return Loaded(train or loaded.train, test, loaded.task, loaded.source, resolved, tuple(notes))

    def read(self, path: Path, task: Task) -> Rows:
        file = csv_file.read(path, self.format_to_predict)
        if self.columns is None:
            raise ConfigError("data: 'columns' must be listed, as in the run's config.yaml.")
        times = times_of(file, self.time, self.gaps)
        columns = column_types.in_given_formats(file, column_types.columns_of(file), self.formats)
        for name in self.columns:
            if name not in columns:
                raise no_column_to_predict(file, name)
        values = numbers(file, columns, self.columns, self.missing)
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
        names = self.columns or self.forecast
        holdouts = [holdout for holdout in (self.validation, self.test) if holdout]
        counts = [holdout.count or (holdout.rows or [0])[-1] for holdout in holdouts]
        window = self.lookback + self.delay + 1
        shares = [0.2, *(holdout.fraction for holdout in holdouts if holdout.fraction)]
        times = max(_STAND_IN_ROWS, round(_STAND_IN_WINDOWS * window / min(shares)), *(4 * count for count in counts))
        every = list(dict.fromkeys([*names, *self.forecast]))
        values = waves(times, len(every), self.period or max(2, window // 2), seed)
        values += _ABOVE_ZERO if self.targets is not None else 0.0
        of_targets = values[:, [every.index(name) for name in self.forecast]]
        target = of_targets[:, 0] if len(self.forecast) == 1 else of_targets
        source = Source("stand-in", f"a generated series with the columns of {self.path}")
        loaded = self.loaded(Record(values[:, : len(names)], target, self._place(names), names=tuple(names)), source)
        train = thinned(loaded.train, limit)
        test = thinned(loaded.test, limit)
        return Loaded(train or loaded.train, test, loaded.task, source, {"columns": names})

    def _place(self, names: list[str]) -> int | None:
        """Return the position of the target among the columns; None for several targets or if it is not among them.

        Targets with names are transformed apart from the columns, so that none of these is on their scale.
        """
        is_column = self.targets is None and len(self.forecast) == 1 and self.forecast[0] in names
        return names.index(self.forecast[0]) if is_column else None

    def _rows(self, record: Record, anchors: np.ndarray) -> Rows:
        rows = super()._rows(record, anchors)
        if self.targets is None:
            return rows
        y = rows.y.reshape(len(rows), -1)
        return replace(rows, targets={name: y[:, number] for number, name in enumerate(self.targets)})

    def _check_names(self, file: CsvFile) -> None:
        targets = [(f"targets.{name}", [one.column]) for name, one in (self.targets or {}).items()]
        for key, names in (*targets, ("target", self.target or []), ("columns", self.columns or [])):
            for name in names:
                if name not in file.names:
                    raise no_column(file, key, name)


def _with_targets(rows: Rows | None) -> Rows | None:
    """Return the rows whose targets are all known."""
    if rows is None:
        return None
    gone = np.any([is_missing(y) for y in rows.targets.values()], axis=0)
    return rows.take(np.flatnonzero(~gone)) if gone.any() else rows
