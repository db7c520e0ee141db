"""Your own texts in a CSV file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator

from dlpy.components.dataset import Dataset
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.tables import column_types
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.missing_cells import MISSING
from dlpy.data.tables.targets import Wanted, known_target, target_of
from dlpy.data.task import Kind, Output, Task
from dlpy.datasets._cells import Cells
from dlpy.datasets._row_choice import Duplicates, MissingTarget, choose
from dlpy.datasets._table_format import TableFileOptions
from dlpy.datasets._table_options import (
    TestRows,
    carried_columns,
    check_order,
    generated_marks,
    in_order_of_time,
    no_column,
)
from dlpy.datasets._texts import TEXT, generated, generated_output, read_csv, texts_of


class TextCsv(TableFileOptions, Dataset):
    """A table in a file, `path`, as with csv, that has a text column and a target column.

    No text may be empty. The classes are the distinct labels of the target in sorted order, as with csv. Other columns
    are ignored. A transform, `tokenize` or `hash_words`, converts the texts to integers. Pairs of texts, and texts with
    other columns or several targets, are read by csv: `inputs: {left: {text: question1}, right: {text: question2}}`.
    """

    has_columns = True
    hints: ClassVar[dict[str, str]] = dict.fromkeys(
        ("inputs", "targets"), "Pairs of texts and several targets are read by csv: set 'name: csv'."
    )

    name: Literal["text_csv"] = "text_csv"
    text: str = "text"
    """Name of the text column."""
    target: str = "label"
    """Name of the column to predict."""
    task: Literal["auto", "regression", "binary", "multiclass"] = "auto"
    """Type of the target. Default: derived from the column, as with csv."""
    time: str | None = None
    """Date column: rows are sorted by it, so that a split with `take: last` contains the latest rows."""
    test: TestRows = None
    """Test rows, taken before the validation rows and used only by `dlpy evaluate`: a fraction (0.2), a count (500), or
    a mapping ({column: split}). Default: none."""
    keep: list[str] = []
    """Columns that identify a row, e.g. [id], copied beside the predictions of `dlpy predict`."""
    missing_target: MissingTarget = "error"
    """How to handle rows without a target. error: stop; drop: leave them out, counted."""
    duplicates: Duplicates = "keep"
    """How to handle rows that equal an earlier row in every column. keep: use them; drop: leave them out, so that no
    row is both trained on and tested on."""
    missing_values: list[str] = list(MISSING)
    """Texts that mark a missing target. Remove one from the list to keep it as a value, e.g. for a class named None."""

    @model_validator(mode="after")
    def _possible(self) -> TextCsv:
        if self.path is None:
            raise ValueError("text_csv needs 'path', the path of the CSV file")
        if self.test is not None and self.test.use:
            raise ValueError("'test' should be a fraction, a count, or a mapping")
        check_order(self.time, {"validation": self.validation, "test": self.test})
        if self.text == self.target:
            raise ValueError(f"column '{self.text}' cannot be both text and target")
        return self

    @property
    def rows_are_in_time(self) -> bool:
        return self.time is not None

    def outline(self) -> Task | None:
        kind = self._kind()
        return None if kind is None else Task.single(TEXT, Output(kind, None if kind == "multiclass" else 1))

    def load(self) -> Loaded:
        cells = Cells.of(Path(str(self.path)), self.format, self.missing_values)
        self._check_names(cells.file)
        chosen = choose(cells, [self.target], self.missing_target, self.duplicates)
        file, marks = chosen.cells.file, [str(mark.column) for mark in self._marks()]
        y, output = target_of(file, chosen.cells.columns[self.target], Wanted(self._kind()))
        marked = {mark: np.array(file.texts(mark), np.str_) for mark in marks}
        rows = replace(Rows.single(texts_of(file, self.text), y, marked), index=chosen.rows)
        rows = in_order_of_time(file, self.time, rows) if self.time else rows
        about = f" ({', '.join(chosen.about())})" if chosen.about() else ""
        loaded = self._loaded(rows, output, Source("file", f"{file.path}{about}"), self.test)
        resolved = loaded.resolved | file.format.stated()
        return replace(loaded, resolved=resolved, notes=(*file.notes, *chosen.notes()))

    def read(self, path: Path, task: Task) -> Rows:
        file, texts = read_csv(path, self.text, self.format_to_predict)
        target = column_types.columns_of(file, self.missing_values).get(self.target)
        given = target is not None and len(target.missing) < len(file)
        if target is not None and target.missing and self.missing_target == "drop":
            given = False  # what is predicted may have no target
        return Rows.single(texts, known_target(file, target, task.output) if target and given else None)

    def usually_carried(self) -> list[str]:
        return self.keep

    def carried(self, path: Path, names: list[str]) -> dict[str, list[str]]:
        return carried_columns(path, names, self.format_to_predict, self.keep)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        test = for_limit(self.test, limit)
        output = generated_output("binary" if self.task == "auto" else self.task)
        rows = generated(seed, limit, output, test)
        rows = Rows.single(rows.x, rows.y, generated_marks(len(rows), self._marks()))
        return self._loaded(rows, output, Source("stand-in", f"generated sentences instead of {self.path}"), test)

    def _loaded(self, rows: Rows, output: Output, source: Source, test: Holdout | None) -> Loaded:
        loaded = Loaded(rows, None, Task.single(TEXT, output), source, {"task": output.kind})
        return hold_out(loaded, test, self.split_seed)

    def _check_names(self, file: CsvFile) -> None:
        """Raise DataError for a column that the options name and the file does not have."""
        marks = [("validation", str(mark.column)) for mark in self._marks()]
        more = [*marks, *([("time", self.time)] if self.time else []), *(("keep", name) for name in self.keep)]
        for key, name in (("text", self.text), ("target", self.target), *more):
            if name not in file.names:
                raise no_column(file, key, name)

    def _kind(self) -> Kind | None:
        """Return the type of the target; None if it is derived from the column."""
        if self.task != "auto":
            return self.task
        return "regression" if self.target_transforms else None

    def _marks(self) -> list[Holdout]:
        """Return the hold-outs that are defined by a column."""
        return [holdout for holdout in (self.validation, self.test) if holdout and holdout.column]
