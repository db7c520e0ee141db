"""Your own time series, each of which has one label."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.dataset import Dataset
from dlpy.core.errors import ConfigError
from dlpy.data.class_filter import Names
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import for_limit, hold_out
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._folder_parts import Parts, held_out_by_part
from dlpy.datasets._labels_file import check_labels
from dlpy.datasets._memory_option import PER_BYTE, require_memory
from dlpy.datasets._table_format import TableFileOptions
from dlpy.datasets._table_options import DateOrder, TestRows
from dlpy.datasets._target_kinds import TargetKind
from dlpy.datasets._whole_series import Longer, MissingCells, require_equal_lengths
from dlpy.datasets._whole_series_labels import target_of
from dlpy.datasets._whole_series_layouts import carried, labelled, unlabelled
from dlpy.datasets._whole_series_options import raise_wrong
from dlpy.datasets._whole_series_stand_in import generated


class WholeSeries(TableFileOptions, Dataset):
    """Time series at `path`, each with one label, such as a class of movement: rows are whole series.

    Three layouts are read. long: a table with one row for each step, and `id`, the column that names its series. wide:
    a table with one row for each series, and its values in columns. files: a folder with a file for each series (a
    table or a .npy or .npz array, steps x channels), in one folder per class or with `labels_path`.

    Series may have several channels and different lengths: what follows the end of a series changes no prediction of
    conv1d, rnn and transformer. `standardize` scales each channel by the steps of all training series.
    """

    has_columns = True

    name: Literal["whole_series"] = "whole_series"
    layout: Literal["long", "wide", "files"] | None = None
    """Layout of the data. Default: files if `path` is a folder, long with `id`, else wide."""
    id: str | None = None
    """Column with the name of each row's series. Its rows need not be beside each other."""
    time: str | None = None
    """Column that orders the rows of a series: numbers or times. Default: the order of the rows in the file."""
    date_order: DateOrder = "auto"
    """Whether times such as 01/02/2016 start with the day or the month: day_first or month_first. auto: what fits all
    rows."""
    columns: Annotated[list[str], Field(min_length=1)] | None = None
    """Columns of the channels; of a wide table, the columns of the values, in order of time. Default: all numeric
    columns without another use."""
    target: str = "label"
    """Column of the labels, in the table or in the file `labels_path`: classes, or numbers to predict."""
    task: TargetKind = "auto"
    """Type of the target: regression, counts (whole numbers from 0 up), binary, multiclass or ordinal (classes with an
    order). Default: derived from the data."""
    classes: Names | None = None
    """Classes in the order of their numbers, such as [small, medium, large]; with files, the folders to read. Default:
    all, sorted."""
    labels_path: str | None = None
    """Path of a CSV file with one row for each series: its label, and its `id`, or its `file` relative to `path`."""
    file: str = "file"
    """Column of that CSV file with the paths of the files of series."""
    parts: Parts | None = None
    """Folders in `path` that contain the splits, e.g. {train: train, test: test}. Default: `path` is not split."""
    group: str | None = None
    """Grouping column, e.g. person: series with the same value always stay in the same split."""
    missing: MissingCells = "error"
    """How to fill missing cells within a series: error (stop), previous (the value before), or interpolate (on a line
    between the values around)."""
    length: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
    """Number of steps of a row; shorter series are padded. Default: the length of the longest series."""
    longer: Longer = "error"
    """How to read series of more than `length` steps: error (stop), or their first or last steps."""
    test: TestRows = None
    """Test series, used only by `dlpy evaluate`: a fraction (0.2), a count (50), or a column ({column: split}).
    Default: none."""

    @model_validator(mode="before")
    @classmethod
    def _held_out_by_part(cls, value: Any) -> Any:
        return held_out_by_part(value)

    @model_validator(mode="after")
    def _possible(self) -> WholeSeries:
        raise_wrong(self)
        return self

    @property
    def chosen_layout(self) -> Literal["long", "wide", "files"]:
        """The layout, with its default filled in."""
        if self.layout is not None:
            return self.layout
        if self.id is not None:
            return "long"
        return "files" if Path(str(self.path)).is_dir() else "wide"

    def marks(self) -> dict[str, str]:
        """Return the columns that assign series to splits, by what they are called in the rows."""
        holdouts = [holdout.column for holdout in (self.validation, self.test) if holdout and holdout.column]
        own = [name for name in holdouts if not (name == "part" and self.parts)]
        return dict(zip(own, own, strict=True)) | ({"group": self.group} if self.group else {})

    @property
    def not_channels(self) -> list[str]:
        """The columns that have another use than the channels."""
        return [name for name in (self.id, self.time, self.target, *self.marks().values()) if name is not None]

    def named_columns(self) -> list[tuple[str, str]]:
        """Return (option, column) for the columns that the table of the series must have."""
        own = [("id", self.id), ("time", self.time), *(("columns", name) for name in self.columns or [])]
        labels = [("target", self.target), *self.marks().items()] if self.labels_path is None else []
        return [(key, name) for key, name in [*own, *labels] if name is not None]

    def outline(self) -> Task:
        channels = 1 if self.layout == "wide" else None if self.columns is None else len(self.columns)
        return self._task((self.length, channels), target_of(self).outline(), differ=False)

    def check(self) -> None:
        why = "A row is a whole series, so that a file cannot be read in pieces: leave out series, columns or steps."
        require_memory(self.path, PER_BYTE, why)
        if self.path is not None and Path(self.path).exists() and self.fallback is None:
            check_labels(self.labels_path, [("target", self.target), *self.marks().items()])

    def load(self) -> Loaded:
        found = labelled(self)
        series = found.series.filled(self.missing)
        length = self.length or int(series.lengths.max())
        differ = bool((series.lengths < length).any())
        rows = Rows.single(series.rows(length, self.longer), found.labels.y, found.labels.marks)
        task = self._task((length, len(series.channels)), found.labels.output, differ=differ, names=series.channels)
        resolved = {"layout": self.chosen_layout, "length": length, **found.resolved}
        notes = [f"series of {series.lengths.min():,} to {series.lengths.max():,} steps"] if differ else []
        about = (*found.notes, *notes)
        loaded = Loaded(rows, None, task, Source("file", str(self.path)), resolved, about)
        return hold_out(loaded, self.test, self.split_seed)

    def read(self, path: Path, task: Task) -> Rows:
        if self.columns is None or self.length is None or self.layout is None:
            raise ConfigError("data: 'layout', 'columns' and 'length' must be set, as in the run's config.yaml.")
        series = unlabelled(self, path).filled(self.missing)
        rows = series.rows(self.length, self.longer)
        if task.input.padding is None:
            require_equal_lengths(rows, series.names, series.lengths)
        return Rows.single(rows, None, {"file": np.array(series.names)} if self.layout == "files" else {})

    def usually_carried(self) -> list[str]:
        return [] if self.id is None else [self.id]

    def carried(self, path: Path, names: list[str]) -> dict[str, list[str]]:
        if self.chosen_layout == "files":
            raise ConfigError("--keep names columns of a table, and each series has a file of its own: remove --keep.")
        return carried(self, path, [*dict.fromkeys([*self.usually_carried(), *names])])

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        rows, output, channels = generated(self, seed, limit)
        task = self._task(rows.array.shape[1:], output, differ=True, names=channels)
        resolved = {"layout": self.chosen_layout, "length": rows.array.shape[1], "columns": self.columns or channels}
        source = Source("stand-in", f"generated series instead of {self.path}")
        loaded = Loaded(rows, None, task, source, resolved)
        return hold_out(loaded, for_limit(self.test, limit), self.split_seed)

    def _task(
        self, shape: tuple[int | None, ...], output: Output, *, differ: bool, names: list[str] | None = None
    ) -> Task:
        channels = ("value",) if self.chosen_layout == "wide" else tuple(names or self.columns or ())
        given = Input("array", shape, padding="back" if differ else None, whole=True, columns=channels)
        return Task.single(given, output)
