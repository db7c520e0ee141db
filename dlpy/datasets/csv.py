"""Your own table in a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from dlpy.components.dataset import Dataset
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.rows import SAMPLE_WEIGHT, Loaded, Rows, Source
from dlpy.data.splits import for_limit, hold_out
from dlpy.data.tables import missing_cells
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.task import Input, Task
from dlpy.datasets._cells import Cells
from dlpy.datasets._csv_checks import MARKS, clashing_columns, wrong_options
from dlpy.datasets._csv_dates import DateColumns
from dlpy.datasets._csv_inputs import AnyCsvInput, CsvInput
from dlpy.datasets._csv_parts import (
    resolved_options,
    targets_of,
    task_of,
)
from dlpy.datasets._csv_pieces import check_transforms, load_in_pieces, pieces_to_predict, refuse
from dlpy.datasets._csv_rows import load_whole, rows_to_predict
from dlpy.datasets._csv_stand_in import Generated, named_rows, single_rows
from dlpy.datasets._csv_targets import CsvTarget
from dlpy.datasets._memory_option import MemoryOption
from dlpy.datasets._names import TARGET_OR_TARGETS, Name, raise_found
from dlpy.datasets._row_choice import Duplicates, MissingTarget
from dlpy.datasets._table_format import TableFileOptions
from dlpy.datasets._table_options import (
    DateOrder,
    TestRows,
    carried_columns,
    check_order,
    generated_marks,
)
from dlpy.datasets._table_steps import table_steps
from dlpy.transforms.fill_missing import Rule

_STAND_IN_ROWS = 800


class Csv(MemoryOption, TableFileOptions, Dataset):
    """A table in a file, `path`: CSV, JSON Lines, Parquet or .xlsx, also packed (.gz, .zst, .bz2, .xz, .zip).

    A folder or a pattern (parts/*.csv) names several files with the same columns. Numeric columns are used as numbers,
    categories are one-hot encoded. Encoding, delimiter, decimal mark and header are found by looking at the file.

    A column is numeric if every cell that is not missing is a number, also with a unit, a sign or marks (`formats`), a
    duration, or one of yes and no. Integers with leading zeros are codes, that is, categories. Categories come from the
    training rows; an unseen category is encoded as all zeros. The classes are the distinct labels of the target in
    sorted order. With `task: auto`, text targets are classes, and so are integers with at most 20 distinct values that
    occur 5 times or more on average; other numbers make a regression. A first column without a name that only numbers
    or names the rows is no feature, unless it is listed as 'Unnamed: 0'.

    A row may have several inputs and targets, with names: `inputs: {facts: {columns: [rooms, city]}, words: {text:
    description}, photo: {image: file}}` and `targets: {price: {column: price}, tags: {columns: [balcony, lift]}}`.
    """

    has_columns = True

    name: Literal["csv"] = "csv"
    inputs: Annotated[dict[Name, AnyCsvInput], Field(min_length=1)] | None = None
    """Inputs by name, each one of columns of a table, a text and an image. Default: one table of all columns that have
    no other use."""
    targets: Annotated[dict[Name, CsvTarget], Field(min_length=1)] | None = None
    """Targets by name, such as {price: {column: price, transforms: [log]}, tags: {columns: [balcony, lift]}}."""
    target: str | None = None
    """Name of the column to predict, if there is one target only."""
    task: Literal["auto", "regression", "binary", "multiclass", "pairs"] = "auto"
    """Type of the target; pairs: there is no column, since the two `inputs` of every row belong together. Default:
    derived from the column, see above."""
    numeric: list[str] | None = None
    """Numeric feature columns, e.g. [age, income]. Default: all numeric columns."""
    categorical: list[str] | None = None
    """Categorical feature columns; numeric codes may be listed too. Default: all text columns."""
    dates: DateColumns = []
    """Feature columns of dates, which become numbers by `date_parts`: [sold], or {sold: day_first} or
    {sold: month_first} if day and month could be swapped."""
    ignore: list[str] = []
    """Columns to exclude, e.g. [comment]."""
    keep: list[str] = []
    """Columns that identify a row, e.g. [id]: excluded too, and copied beside the predictions of `dlpy predict`."""
    missing_target: MissingTarget = "error"
    """How to handle rows without a target. error: stop; drop: leave them out, counted."""
    duplicates: Duplicates = "keep"
    """How to handle rows that equal an earlier row in every column. keep: use them; drop: leave them out, so that no
    row is both trained on and tested on."""
    group: str | None = None
    """Grouping column, e.g. patient: rows with the same value always stay in the same split."""
    weight: str | None = None
    """Column with the weight of each training row in the loss, a number from 0 up. Default: all rows weigh the same."""
    time: str | None = None
    """Date column: rows are sorted by it, so that a split with `take: last` contains the latest rows."""
    test: TestRows = None
    """Test rows, taken before the validation rows and used only by `dlpy evaluate`: a fraction (0.2), a count (500), or
    a mapping ({column: split}). Default: none."""
    missing: Rule | dict[str, Rule] = "error"
    """How to fill missing cells: error (stop), mean, median, most_frequent, a constant, or a mapping from columns to
    these, e.g. {age: median, city: unknown}."""
    missing_values: list[str] = list(missing_cells.MISSING)
    """Texts that mark a missing cell. Remove one from the list to keep it as a value, e.g. for a class named None."""
    formats: dict[str, CellFormat] = {}
    """How the cells of columns are written that are not plain numbers, such as {price: {unit: $, thousands: ","}}.
    Default: found by looking at all cells of the features and numeric targets."""
    date_order: DateOrder = "auto"
    """How to read 01/02/2012 in the column `time`: day_first or month_first. Default: derived from the column."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        found = super().__get_pydantic_json_schema__(schema, handler)
        handler.resolve_ref_schema(found)["anyOf"] = TARGET_OR_TARGETS
        return found

    @model_validator(mode="after")
    def _one_use_for_a_column(self) -> Csv:
        if self.path is None:
            raise ValueError("csv needs 'path', the path of the CSV file")
        if self.test is not None and self.test.use:
            raise ValueError("'test' should be a fraction, a count, or a mapping")
        check_order(self.time, {"validation": self.validation, "test": self.test})
        raise_found("csv", [*wrong_options(self)], self.model_fields_set)
        self._check_lists()
        raise_found("csv", [*clashing_columns(self)], self.model_fields_set)
        return self

    def _check_lists(self) -> None:
        """Raise ValueError for a column that is listed for two uses."""
        claims = [("target", self.target)] if self.target is not None else []
        claims += [*self.marks(), *self.listed()]
        owners: dict[str, str] = {}
        for key, name in claims:
            old = owners.get(name)
            owners.setdefault(name, key)
            if old == key and key in ("numeric", "categorical"):
                raise ValueError(f"column '{name}' is listed twice under {key}")
            if old not in (None, key) and not {old, key} <= MARKS and {old, key} != {"time", "dates"}:
                raise ValueError(f"column '{name}' cannot be both {old} and {key}")

    def listed(self) -> list[tuple[str, str]]:
        """Return (option, column) for the lists of columns."""
        lists = ("numeric", "categorical", "dates", "ignore", "keep")
        return [(key, name) for key in lists for name in getattr(self, key) or []]

    def marks(self) -> list[tuple[str, str]]:
        """Return (option, column) for the columns that are not features: they assign rows to splits, or weigh them."""
        holdouts = {"validation": self.validation, "test": self.test}
        marks = [(key, holdout.column) for key, holdout in holdouts.items() if holdout and holdout.column]
        return [*marks, *((key, name) for key in ("group", "time", "weight") if (name := getattr(self, key)))]

    @property
    def rows_are_in_time(self) -> bool:
        return self.time is not None

    def outline(self) -> Task | None:
        if self.inputs is None and self.targets is None and self.task == "auto":
            return None
        inputs = {name: given.outline() for name, given in (self.inputs or {}).items()}
        outputs = {name: wanted.expected() for name, wanted in targets_of(self).items()}
        return Task(inputs or {"input": Input("table", (None,))}, outputs)

    def input_options(self) -> Mapping[str, CsvInput]:
        return self.inputs or {}

    def target_options(self) -> Mapping[str, CsvTarget]:
        return self.targets or {}

    def all_transforms(self) -> list[Transform]:
        if self.inputs is None:
            steps = table_steps(self.transforms, self.missing, has_dates=bool(self.dates))
            return [*steps, *self.named_transforms()]
        return self.named_transforms()

    def check(self) -> None:
        if self.reads_in_pieces():
            refuse(self)
            check_transforms(self)

    def load(self) -> Loaded:
        return load_in_pieces(self) if self.reads_in_pieces() else load_whole(self)

    def read(self, path: Path, task: Task) -> Rows:
        return rows_to_predict(self, Cells.of(path, self.format_to_predict, self.missing_values, self.formats), task)

    def read_pieces(self, path: Path, keep: list[str]) -> Iterator[tuple[Rows, dict[str, list[str]]]]:
        return pieces_to_predict(self, path, keep)

    def usually_carried(self) -> list[str]:
        return self.keep

    def carried(self, path: Path, names: list[str]) -> dict[str, list[str]]:
        return carried_columns(path, names, self.format_to_predict, self.keep)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        test = for_limit(self.test, limit)
        count = limit or _STAND_IN_ROWS + ((test.count or _STAND_IN_ROWS) if test else 0)
        rng, (rows, inputs, outputs) = self._generated(seed, count)
        holdouts = [holdout for holdout in (self.validation, self.test) if holdout and holdout.column]
        groups = {"group": np.arange(count) // 5} if self.group else {}
        weights = {SAMPLE_WEIGHT: rng.uniform(0.5, 1.5, count).astype(np.float32)} if self.weight else {}
        rows = replace(rows, columns=generated_marks(count, holdouts) | groups | weights)
        source = Source("stand-in", f"a generated table with the columns of {self.path}")
        resolved = resolved_options(self, inputs, outputs)
        return hold_out(Loaded(rows, None, task_of(inputs, outputs), source, resolved), test, self.split_seed)

    def _generated(self, seed: int, count: int) -> tuple[np.random.Generator, Generated]:
        """Return generated rows, and what goes on to generate; the file says which columns options leave open."""
        make = single_rows if self.inputs is self.targets is None else named_rows
        rng = np.random.default_rng(seed)
        try:
            return rng, make(self, rng, count)
        except ConfigError:
            if self.path is None or not Path(self.path).exists() or self.reads_in_pieces():
                raise
        rng = np.random.default_rng(seed)
        return rng, make(self.model_copy(update=self.load().resolved), rng, count)
