"""Your own time series in a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from dlpy.components.named_options import TargetOptions
from dlpy.components.named_transform import OfInput
from dlpy.components.transform import Transform
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.task import Output, Task
from dlpy.datasets import _series_rows
from dlpy.datasets._memory_option import MemoryOption
from dlpy.datasets._names import TARGET_OR_TARGETS, Found, Name, raise_found, required, wrong_names
from dlpy.datasets._series import Series
from dlpy.datasets._series_ahead import last_windows
from dlpy.datasets._series_gaps import Missing
from dlpy.datasets._series_options import check_ahead, check_pieces, wrong_horizon, wrong_known
from dlpy.datasets._series_read import to_learn, to_predict
from dlpy.datasets._series_record import Record
from dlpy.datasets._series_spans import thinned
from dlpy.datasets._series_stand_in import generated
from dlpy.datasets._series_table import Gaps, Wanted
from dlpy.datasets._series_truth import with_truth
from dlpy.datasets._table_format import TableFileOptions
from dlpy.datasets._table_options import DateOrder
from dlpy.models.dense import as_list


class SeriesTarget(TargetOptions):
    """A column to forecast."""

    column: str
    """Name of the column."""
    unit: str = ""
    """Unit of the column, shown in tables and plots, e.g. degC."""


class TimeseriesCsv(MemoryOption, TableFileOptions, Series):
    """A table in a file, `path`, as with csv, whose rows are one or several series, and a column to forecast.

    Rows are sorted by series and time, and numbered from 0 in that order. The step from row to row may be a duration,
    a business day, a month, a quarter or a year; it is found. By default the last rows of each series are the
    validation and test rows, and a series is standardized by its own training rows. A file that needs more than
    `memory` is read in pieces, as with csv.
    """

    name: Literal["timeseries_csv"] = "timeseries_csv"
    time: str | None = None
    """Column of timestamps, such as 2016-12-31 23:50, 31.12.2016, 12/31/2016, 2016-12, Q4 2016, 2016 or seconds since
    1970. Default: none, rows are taken in file order."""
    date_order: DateOrder = "auto"
    """Whether times such as 01/02/2016 start with the day or the month: day_first or month_first. auto: what fits all
    rows."""
    id: (
        Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str]), Field(min_length=1)]
        | None
    ) = None
    """Column with the name of each row's series, such as store, if the file holds several, or a list of columns that
    name it together, such as [store, item]. No window crosses from one series into another. Default: none, the file is
    one series."""
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
    known: list[str] = []
    """Columns whose values are known in advance, such as [holiday, price]. Windows hold them up to the last target. To
    predict, the file ends with rows in which only these have values."""
    gaps: Gaps = "error"
    """How to handle missing rows and repeated timestamps. error: stop; allow: drop the windows that cross a gap; fill:
    insert the missing rows, which then lack all cells."""
    missing: Missing = "error"
    """How to handle missing cells. error: stop; previous: repeat the value before in the window, which starts after
    the first one; interpolate: a line between the values around, and windows that end on it are dropped; drop: drop
    windows with missing cells. Rows without a target are left out."""
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
        for key, names in (
            ("columns", self.columns or []),
            ("id", self.id or []),
            ("target" if self.target else "targets", self.forecast),
        ):
            repeated = next((name for name in names if names.count(name) > 1), None)
            if repeated is not None:
                raise ValueError(f"column '{repeated}' is listed twice under {key}")
            if self.time in names:
                raise ValueError(f"column '{self.time}' cannot be both time and {key}")
        apart = self.columns is not None and self.forecast[0] not in self.columns
        if (self.difference or self.period) and (apart or len(self.forecast) > 1 or self.targets is not None):
            key = "difference" if self.difference else "period"
            raise ValueError(f"'{key}' needs a single target that is among the columns")
        raise_found("timeseries_csv", [*wrong_horizon(self), *wrong_known(self)], self.model_fields_set)
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
    def is_several(self) -> bool:
        return self.id is not None

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
            return self.task(len(self.columns) + len(self.known), self.place(self.columns), len(self.forecast))
        if self.targets is None:
            return None
        task = self.task(1, None, len(self.forecast))
        return task.with_input(replace(task.input, shape=(task.input.shape[0], None)))

    def task(self, columns: int, column: int | None, targets: int = 1) -> Task:
        task = super().task(columns, column, targets)
        if self.targets is None:
            return task
        return replace(task, outputs={name: Output("regression", unit=one.unit) for name, one in self.targets.items()})

    def check(self) -> None:
        if self.reads_in_pieces():
            check_pieces(self)

    def load(self) -> Loaded:
        return _series_rows.load(self, to_learn(self))

    def read(self, path: Path, task: Task) -> Rows:
        return _series_rows.every_window(self, to_predict(self, path))

    def read_pieces(self, path: Path, keep: list[str]) -> Iterator[tuple[Rows, dict[str, list[str]]]]:
        if keep:
            self.carried(path, keep)
        return ((rows, {}) for rows in _series_rows.windows_in_pieces(self, to_predict(self, path)))

    def history(self, path: Path, task: Task) -> Rows:
        given = to_predict(self, path, targets="where_known")
        return (_series_rows.every_window_with_targets if given.wanted.targets else _series_rows.every_window)(
            self, given
        )

    def ahead(self, path: Path | None, steps: int, tell: Callable[[str], object] | None = None) -> Rows:
        check_ahead(self, steps)
        return last_windows(self, to_predict(self, path or Path(str(self.path))), tell)

    def to_score(self, path: Path | None, truth: str | None) -> Rows:
        given = to_predict(self, path or Path(str(self.path)), targets="required")
        rows = _series_rows.windows_with_targets(self, given)
        return rows if truth is None else with_truth(self, rows, given, truth)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        record = generated(self, self.columns or self.forecast, seed)
        source = Source("stand-in", f"a generated series with the columns of {self.path}")
        loaded = self.loaded(record, source)
        train, test = thinned(loaded.train, limit), thinned(loaded.test, limit)
        return Loaded(train or loaded.train, test, loaded.task, source, {"columns": self.columns or self.forecast})

    def wanted(self, names: list[str], targets: list[str]) -> Wanted:
        """Return what is read of a file."""
        lead = self.lookback + self.last_step - int(self._offsets()[-1])
        options = (self.place(names), self.time, self.gaps, self.missing)
        return Wanted(names, targets, self.known, lead, *options)

    def place(self, names: list[str]) -> int | None:
        """Return the position of the target among the columns; None for several targets or if it is not among them.

        Targets with names are transformed apart from the columns, so that none of these is on their scale.
        """
        is_column = self.targets is None and len(self.forecast) == 1 and self.forecast[0] in names
        return names.index(self.forecast[0]) if is_column else None

    def rows_of(self, record: Record, anchors: np.ndarray) -> Rows:
        rows = super().rows_of(record, anchors)
        if self.targets is None:
            return rows
        y = rows.y.reshape(len(rows), -1)
        return replace(rows, targets={name: y[:, number] for number, name in enumerate(self.targets)})
