"""Your own time series in which each row has a class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.dataset import Dataset
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.steps import REPEATED, START
from dlpy.data.tables import column_types, csv_file
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._series_columns import is_numeric, numbers
from dlpy.datasets._table_format import TableFileOptions
from dlpy.datasets._table_options import no_column, no_column_to_predict
from dlpy.datasets._windows_of_recordings import Windows, recordings, windows
from dlpy.stand_ins.activity import activity

_STAND_IN_WINDOWS = 300
_STAND_IN_CLASSES = 4


class LabelledSeries(TableFileOptions, Dataset):
    """A table in a file, `path`, as with csv, whose rows are in time order and each have a class, such as an activity.

    The model predicts the class of every row from the rows around it: the series is cut into windows, one after the
    other; the last one of a recording reaches back so that it is whole, and what it repeats counts only once. Rows
    without a class are read, and do not count. By default the last windows are held out.
    """

    name: Literal["labelled_series"] = "labelled_series"
    target: str = "label"
    """Column of the classes. Empty cells: the class is not known."""
    columns: Annotated[list[str], Field(min_length=1)] | None = None
    """Feature columns. Default: all numeric columns."""
    recording: str | None = None
    """Column that numbers or names recordings, such as one wearer of a sensor: no window is of two, and all windows of
    one are in the same split. Default: the file is one recording."""
    length: Annotated[int, Field(ge=2, le=100_000)] = 100
    """Length of a window in rows."""
    validation: Holdout | None = Holdout(fraction=0.2, take="last")
    """Validation windows: a fraction or a count, from the end unless `take` says otherwise."""
    test: Holdout | None = None
    """Test windows, taken before the validation windows and used only by `dlpy evaluate`: {fraction: 0.2, take: last}.
    Default: none."""

    @model_validator(mode="after")
    def _possible(self) -> LabelledSeries:
        if self.path is None:
            raise ValueError("labelled_series needs 'path', the path of the file")
        for key, holdout in (("validation", self.validation), ("test", self.test)):
            if holdout and (holdout.column or (key == "test" and holdout.use)):
                raise ValueError(f"{key}: expected a fraction, a count, or rows: [first, last]")
        if self.target in (self.columns or []) or self.recording in (self.target, *(self.columns or [])):
            raise ValueError("a column cannot be two of target, recording and columns")
        return self

    def outline(self) -> Task:
        return self._task(None if self.columns is None else len(self.columns), ())

    def load(self) -> Loaded:
        file = csv_file.read(Path(str(self.path)), self.format)
        for key, name in (("target", self.target), ("recording", self.recording)):
            if name is not None and name not in file.names:
                raise no_column(file, key, name)
        found = column_types.columns_of(file)
        free = [name for name in file.names if name not in (self.target, self.recording, *file.index)]
        names = self.columns or [name for name in free if is_numeric(file, found[name])]
        for name in names:
            if name not in file.names:
                raise no_column(file, "columns", name)
        if not names:
            raise DataError(f"{file.path.name} has no numeric columns; a series needs at least one.")
        labels = [label.strip() for label in file.texts(self.target)]
        classes = tuple(sorted(set(labels) - {""}))
        if len(classes) < 2:
            raise DataError(f"{file.path}: column '{self.target}' needs at least two classes, and has {len(classes)}.")
        number = {"": -1} | {name: place for place, name in enumerate(classes)}
        cut = self._cut(file)
        y = np.array([number[label] for label in labels], np.int32)[cut.places]
        y[np.arange(self.length) < cut.repeated[:, None]] = -1
        rows = self._rows(numbers(file, found, names), cut, y)
        resolved = {"columns": names, **file.format.stated()}
        task, source = self._task(len(names), classes), Source("file", str(file.path))
        loaded = Loaded(rows, None, task, source, resolved, file.notes)
        return hold_out(loaded, self.test, self.split_seed)

    def read(self, path: Path, task: Task) -> Rows:
        file = csv_file.read(path, self.format_to_predict)
        if self.columns is None:
            raise ConfigError("data: 'columns' must be listed, as in the run's config.yaml.")
        for name in [*self.columns, *([self.recording] if self.recording else [])]:
            if name not in file.names:
                raise no_column_to_predict(file, name)
        return self._rows(numbers(file, column_types.columns_of(file), self.columns), self._cut(file), None)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        columns = self.columns or ["a", "b"]
        values, regimes = activity(seed, 0, limit or _STAND_IN_WINDOWS, self.length)
        x = np.resize(values, (*values.shape[:2], len(columns))) if len(columns) != 2 else values
        classes = tuple("abcd"[:_STAND_IN_CLASSES])
        marks = {"group": np.arange(len(x))} if self.recording else {}
        rows = Rows.single(x.astype(np.float32), regimes, marks)
        source = Source("stand-in", f"a generated series with regimes instead of {self.path}")
        loaded = Loaded(rows, None, self._task(len(columns), classes), source, {"columns": columns})
        return hold_out(loaded, for_limit(self.test, limit), self.split_seed)

    def _task(self, columns: int | None, classes: tuple[str, ...]) -> Task:
        output = Output("multiclass", len(classes) or None, classes, steps=self.length, per_step=True, has_missing=True)
        return Task.single(Input("array", (self.length, columns)), output)

    def _cut(self, file: CsvFile) -> Windows:
        names = None if self.recording is None else file.texts(self.recording)
        return windows(recordings(file, names, self.recording), self.length, file.path)

    def _rows(self, values: np.ndarray, cut: Windows, y: np.ndarray | None) -> Rows:
        marks = {START: cut.starts, REPEATED: cut.repeated}
        if self.recording is not None:
            marks["group"] = cut.recording
        x, targets = values.astype(np.float32)[cut.places], {} if y is None else {"target": y}
        return Rows({"input": x}, targets, np.arange(len(x)), marks)
