"""Your own table in a CSV file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import model_validator

from dlpy.components.dataset import Dataset
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Table
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.tables import column_types, csv_file, missing_cells
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.missing_cells import Gaps
from dlpy.data.task import Input, Kind, Output, Task
from dlpy.datasets._table_options import (
    Delimiter,
    TestRows,
    carried_columns,
    check_order,
    generated_marks,
    in_order_of_time,
    no_column,
    no_column_to_predict,
    require_names,
)
from dlpy.transforms.fill_missing import FillMissing, Rule, rule_of
from dlpy.transforms.tabulate import Tabulate

_STAND_IN_ROWS = 800
_CATEGORIES = np.array(["red", "green", "blue"])


class Csv(Dataset):
    """A UTF-8 CSV file with a header, `path`; numeric columns are used as numbers, categories are one-hot encoded.

    A column is numeric if every cell that is not missing is a number. Categories come from the training rows; an
    unseen category is encoded as all zeros. The classes are the distinct labels of the target in sorted order. With
    `task: auto`, text targets are classes, and so are integers with at most 20 distinct values that occur 5 times or
    more on average; other numbers make a regression.
    """

    has_columns = True

    name: Literal["csv"] = "csv"
    target: str
    """Name of the column to predict."""
    task: Literal["auto", "regression", "binary", "multiclass"] = "auto"
    """Type of the target. Default: derived from the column, see above."""
    numeric: list[str] | None = None
    """Numeric feature columns, e.g. [age, income]. Default: all numeric columns."""
    categorical: list[str] | None = None
    """Categorical feature columns; numeric codes may be listed too. Default: all text columns."""
    ignore: list[str] = []
    """Columns to exclude, e.g. [id]."""
    group: str | None = None
    """Grouping column, e.g. patient: rows with the same value always stay in the same split."""
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
    delimiter: Delimiter = ","
    """Character between cells, e.g. ";" or "\\t"."""

    @model_validator(mode="after")
    def _one_use_for_a_column(self) -> Csv:
        if self.path is None:
            raise ValueError("csv needs 'path', the path of the CSV file")
        if self.test is not None and self.test.use:
            raise ValueError("'test' should be a fraction, a count, or a mapping")
        check_order(self.time, {"validation": self.validation, "test": self.test})
        claims = [("target", self.target), *self._marks()]
        claims += [(key, name) for key in ("numeric", "categorical", "ignore") for name in getattr(self, key) or []]
        owners: dict[str, str] = {}
        for key, name in claims:
            old = owners.get(name)
            owners.setdefault(name, key)
            if old == key and key in ("numeric", "categorical"):
                raise ValueError(f"column '{name}' is listed twice under {key}")
            if old not in (None, key) and not {old, key} <= {"group", "validation", "test", "time", "ignore"}:
                raise ValueError(f"column '{name}' cannot be both {old} and {key}")
        return self

    def _marks(self) -> list[tuple[str, str]]:
        """Return (option, column) for the columns that assign rows to splits and are not features."""
        holdouts = {"validation": self.validation, "test": self.test}
        marks = [(key, holdout.column) for key, holdout in holdouts.items() if holdout and holdout.column]
        return [*marks, *((key, name) for key in ("group", "time") if (name := getattr(self, key)))]

    @property
    def rows_are_in_time(self) -> bool:
        return self.time is not None

    def outline(self) -> Task | None:
        if self.task == "auto":
            return None
        return Task.single(Input("table", (None,)), Output(self.task, None if self.task == "multiclass" else 1))

    def all_transforms(self) -> list[Transform]:
        fill = [] if self.missing == "error" else [FillMissing(rule=self.missing)]
        return [*fill, *self.transforms, Tabulate()]

    def load(self) -> Loaded:
        file = csv_file.read(Path(str(self.path)), self.delimiter)
        if len(file) == 1:
            raise DataError(f"{file.path} has a single row: training needs at least two.")
        self._check_names(file)
        columns = column_types.columns_of(file, self.missing_values)
        y, output = column_types.target_of(file, columns[self.target], None if self.task == "auto" else self.task)
        numeric, categorical = self._features(file, columns)
        features = self._table(file, columns, numeric, categorical)
        rows = Rows.single(features, y, self._marked(file))
        rows = in_order_of_time(file, self.time, rows) if self.time else rows
        task = Task.single(Input("table", (len(numeric) + len(categorical),)), output)
        filled = missing_cells.counted(file, {name: columns[name].missing for name in (*numeric, *categorical)})
        total = sum(count for counts in filled.values() for count in counts.values())
        about = f" ({total:,} missing {'cell' if total == 1 else 'cells'} filled)" if total else ""
        loaded = self._loaded(rows, task, Source("file", f"{file.path}{about}"), self.test)
        rules = {name: rule_of(self.missing, name) for name in filled}
        return replace(loaded, notes=tuple(missing_cells.table_of(filled, rules)))

    def read(self, path: Path, task: Task) -> Rows:
        file = csv_file.read(path, self.delimiter)
        columns = column_types.columns_of(file, self.missing_values)
        if self.numeric is None or self.categorical is None:
            raise ConfigError("data: 'numeric' and 'categorical' must be listed, as in the run's config.yaml.")
        for name in [*self.numeric, *self.categorical]:
            if name not in columns:
                raise no_column_to_predict(file, name, self.delimiter)
        features = self._table(file, columns, self.numeric, self.categorical)
        target = columns.get(self.target)
        given = target is not None and len(target.missing) < len(file)
        return Rows.single(features, column_types.known_target(file, target, task.output) if target and given else None)

    def carried(self, path: Path, names: list[str]) -> dict[str, list[str]]:
        return carried_columns(path, self.delimiter, names)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        numeric, categorical = self.numeric or [], self.categorical or []
        if self.task == "auto" or not (numeric or categorical):
            raise ConfigError(
                "data: to generate stand-in rows, set 'task' and list the columns under 'numeric' and 'categorical'."
            )
        test = for_limit(self.test, limit)
        count = limit or _STAND_IN_ROWS + ((test.count or _STAND_IN_ROWS) if test else 0)
        rng = np.random.default_rng(seed)
        numbers = rng.normal(size=(count, len(numeric)))
        picks = rng.integers(len(_CATEGORIES), size=(count, len(categorical)))
        score = (numbers @ rng.choice([-1.0, 1.0], len(numeric)) + (picks - 1).sum(axis=1)) / np.sqrt(
            len(numeric) + len(categorical)
        )
        y, output = _generated_target(score, self.task)
        features = Table(numbers, tuple(numeric), _CATEGORIES[picks].astype(np.str_), tuple(categorical))
        holdouts = [holdout for holdout in (self.validation, self.test) if holdout and holdout.column]
        groups = {"group": np.arange(count) // 5} if self.group else {}
        rows = Rows.single(features, y, generated_marks(count, holdouts) | groups)
        task = Task.single(Input("table", (len(numeric) + len(categorical),)), output)
        source = Source("stand-in", f"a generated table with the columns of {self.path}")
        return self._loaded(rows, task, source, test)

    def _loaded(self, rows: Rows, task: Task, source: Source, holdout: Holdout | None) -> Loaded:
        features = rows.x
        if not isinstance(features, Table):
            raise TypeError("expected the rows to be a Table")
        names = {"numeric": list(features.numeric_names), "categorical": list(features.categorical_names)}
        columns = (*features.numeric_names, *features.categorical_names)
        task = task.with_input(replace(task.input, columns=columns))
        resolved = {**names, "task": task.output.kind}
        return hold_out(Loaded(rows, None, task, source, resolved), holdout, self.split_seed)

    def _check_names(self, file: CsvFile) -> None:
        lists = [(key, name) for key in ("numeric", "categorical", "ignore") for name in getattr(self, key) or []]
        lists += [("missing", name) for name in self.missing] if isinstance(self.missing, dict) else []
        for key, name in [("target", self.target), *self._marks(), *lists]:
            if name not in file.names:
                raise no_column(file, key, name)

    def _features(self, file: CsvFile, columns: dict[str, Column]) -> tuple[list[str], list[str]]:
        """Return the numeric and the categorical columns: those listed, or those detected."""
        listed = {*(self.numeric or []), *(self.categorical or []), *self.ignore, self.target}
        free = [name for name in file.names if name not in listed | {name for _, name in self._marks()}]
        require_names(file, free)
        looks = {name: column_types.guess_numeric(file, columns[name]) for name in free}
        guessed = [name for name in free if not looks[name]]
        numeric = [name for name in free if looks[name]] if self.numeric is None else self.numeric
        if self.categorical is None:
            column_types.check_categories(file, guessed, column_types.texts_of(file, guessed, self.missing_values))
        categorical = guessed if self.categorical is None else self.categorical
        if not numeric and not categorical:
            raise DataError(f"{file.path} has no feature columns besides the target '{self.target}'.")
        return numeric, categorical

    def _table(self, file: CsvFile, columns: dict[str, Column], numeric: list[str], categorical: list[str]) -> Table:
        """Return the features after checking every cell."""
        for name in numeric:
            if columns[name].bad:
                raise column_types.bad_cell(file, columns[name])
            column_types.check_range(file, columns[name])
            self._check_gaps(file, name, columns[name].missing, numeric=True)
        texts = column_types.texts_of(file, categorical, self.missing_values)
        for name, column in zip(categorical, texts.T, strict=True):
            self._check_gaps(file, name, np.flatnonzero(column == "").tolist(), numeric=False)
        numbers = np.empty((len(file), len(numeric)))
        for position, name in enumerate(numeric):
            numbers[:, position] = columns[name].values
        return Table(numbers, tuple(numeric), texts, tuple(categorical))

    def _check_gaps(self, file: CsvFile, name: str, rows: list[int], *, numeric: bool) -> None:
        """Raise DataError for a missing cell without a fill rule."""
        rule = rule_of(self.missing, name)
        if not rows:
            return
        if rule == "error":
            advice = (
                f"Set data.missing: {'median' if numeric else 'most_frequent'}, or fill in the cell, or delete the row."
            )
            raise missing_cells.missing_cell(file, Gaps(name, rows, self.missing_values), advice)
        if numeric and isinstance(rule, str) and rule not in ("mean", "median", "most_frequent"):
            hint = f"Set a rule per column, for example {{{name}: median}}."
            raise DataError(f"data.missing: '{rule}' cannot fill the numeric column '{name}'. {hint}")

    def _marked(self, file: CsvFile) -> dict[str, np.ndarray]:
        """Return the columns that the splits use."""
        marks = {("group" if key == "group" else name): name for key, name in self._marks()}
        return {key: np.array(file.texts(name), np.str_) for key, name in marks.items()}


def _generated_target(score: np.ndarray, kind: Kind) -> tuple[np.ndarray, Output]:
    """Return targets computed from the score alone, so that a perfect model has no error."""
    if kind == "regression":
        return score.astype(np.float32), Output("regression")
    names = ("a", "b") if kind == "binary" else ("a", "b", "c")
    bounds = np.quantile(score, np.arange(1, len(names)) / len(names))
    return np.searchsorted(bounds, score).astype(np.int64), Output(kind, 1 if kind == "binary" else 3, names)
