"""Your own texts in a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator

from dlpy.components.dataset import Dataset
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.tables import column_types
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.missing_cells import MISSING
from dlpy.data.tables.targets import Wanted, known_target, target_of
from dlpy.data.task import Kind, Output, Task
from dlpy.datasets._cells import Cells
from dlpy.datasets._csv_pieces import check_transforms, load_in_pieces, pieces_to_predict, refuse
from dlpy.datasets._generated_targets import within
from dlpy.datasets._memory_option import MemoryOption
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
from dlpy.datasets._translation import generated_pairs, pairs, refuse_unused, token_pairs
from dlpy.datasets.csv import Csv
from dlpy.transforms.token_pairs import RAW_TASK, AnySideTokens

_SHARED = (
    "path",
    "memory",
    "target",
    "target_transforms",
    "validation",
    "test",
    "split_seed",
    "only",
    "time",
    "keep",
    "missing_target",
    "duplicates",
    "missing_values",
    *TableFileOptions.model_fields,
)  # options that csv has, too


class TextCsv(MemoryOption, TableFileOptions, Dataset):
    """A table in a file, `path`, as with csv, that has a text column and a target column.

    No text may be empty. The classes are the distinct labels of the target in sorted order, as with csv. Other columns
    are ignored. A transform, `tokenize` or `hash_words`, converts the texts to integers. Texts to compare, and texts
    with other columns or several targets, are read by csv: `inputs: {left: {text: question1}, right: {text:
    question2}}`. With `task: text` the target column has texts too, and the family seq2seq learns to write them.
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
    task: Literal["auto", "regression", "binary", "multiclass", "text"] = "auto"
    """Type of the target; text: to be written token by token, as in translation. Default: derived from the column, as
    with csv."""
    source_tokens: AnySideTokens | None = None
    """With `task: text`, how the texts are split into tokens: word (the default), character, or a mapping such as {by:
    word, lower: true, vocabulary: 8000}."""
    target_tokens: AnySideTokens | None = None
    """With `task: text`, how the target texts are split into tokens."""
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
        if self.task == "text":
            refuse_unused(self)
        elif self.source_tokens or self.target_tokens:
            raise ValueError("source_tokens and target_tokens are only used with 'task: text'")
        return self

    @property
    def rows_are_in_time(self) -> bool:
        return self.time is not None

    def all_transforms(self) -> list[Transform]:
        return (
            [token_pairs(self.source_tokens, self.target_tokens)] if self.task == "text" else super().all_transforms()
        )

    def outline(self) -> Task | None:
        if self.task == "text":
            return RAW_TASK
        kind = self._kind()
        return None if kind is None else Task.single(TEXT, Output(kind, None if kind == "multiclass" else 1))

    def check(self) -> None:
        if self.reads_in_pieces():
            refuse(self._as_csv())
            check_transforms(self)

    def load(self) -> Loaded:
        return self._load_in_pieces() if self.reads_in_pieces() else self._load_whole()

    def _load_in_pieces(self) -> Loaded:
        loaded = load_in_pieces(self._as_csv(), look=lambda _, cells: cells)
        resolved = {key: value for key, value in loaded.resolved.items() if key not in ("inputs", "ignore", "formats")}
        train, test = _as_only_input(loaded.train), loaded.test and _as_only_input(loaded.test)
        return replace(loaded, train=train, test=test, task=Task.single(TEXT, loaded.task.output), resolved=resolved)

    def read_pieces(self, path: Path, keep: list[str]) -> Iterator[tuple[Rows, dict[str, list[str]]]]:
        if self.task == "text":
            raise ConfigError(f"data.task: text needs all rows of {path} in memory: raise data.memory.")
        for rows, kept in pieces_to_predict(self._as_csv(), path, keep):
            yield _as_only_input(rows), kept

    def _as_csv(self) -> Csv:
        """Return the same rows as those of csv, which reads them in pieces."""
        if self.task == "text":
            raise ConfigError(f"data.task: text needs all rows of {self.path} in memory: raise data.memory.")
        options = {name: getattr(self, name) for name in _SHARED}
        inputs = {"texts": {"text": self.text}}
        return Csv.model_validate({**options, "task": self._kind() or "auto", "inputs": inputs})

    def _load_whole(self) -> Loaded:
        cells = Cells.of(Path(str(self.path)), self.format, self.missing_values)
        self._check_names(cells.file)
        chosen = choose(cells, [self.target], self.missing_target, self.duplicates)
        file, marks = chosen.cells.file, [str(mark.column) for mark in self._marks()]
        marked = {mark: np.array(file.texts(mark), np.str_) for mark in marks}
        rows, task = self._rows(file, chosen.cells)
        rows = replace(rows, columns=marked, index=chosen.rows)
        rows = in_order_of_time(file, self.time, rows) if self.time else rows
        about = f" ({', '.join(chosen.about())})" if chosen.about() else ""
        loaded = self._loaded(rows, task, Source("file", f"{file.path}{about}"), self.test)
        resolved = loaded.resolved | file.format.stated()
        return replace(loaded, resolved=resolved, notes=(*file.notes, *chosen.notes()))

    def _rows(self, file: CsvFile, cells: Cells) -> tuple[Rows, Task]:
        """Return the rows of a file and their task."""
        texts = texts_of(file, self.text)
        if self.task == "text":
            return pairs(texts, texts_of(file, self.target)), RAW_TASK
        y, output = target_of(file, cells.columns[self.target], Wanted(self._kind()))
        return Rows.single(texts, y), Task.single(TEXT, output)

    def read(self, path: Path, task: Task) -> Rows:
        file, texts = read_csv(path, self.text, self.format_to_predict)
        if task.translates:
            return pairs(texts, None)
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
        source = Source("stand-in", f"generated sentences instead of {self.path}")
        if self.task == "text":
            rows, task = generated_pairs(seed, limit, test), RAW_TASK
        else:
            output = generated_output("binary" if self.task == "auto" else self.task)
            rows, task = generated(seed, limit, output, test), Task.single(TEXT, output)
            rows = rows.with_y(within(rows.y, self.target_transforms)) if output.kind == "regression" else rows
        rows = replace(rows, columns=generated_marks(len(rows), self._marks()))
        return self._loaded(rows, task, source, test)

    def _loaded(self, rows: Rows, task: Task, source: Source, test: Holdout | None) -> Loaded:
        resolved: dict[str, object] = {"task": "text" if task.translates else task.output.kind}
        return hold_out(Loaded(rows, None, task, source, resolved), test, self.split_seed)

    def _check_names(self, file: CsvFile) -> None:
        """Raise DataError for a column that the options name and the file does not have."""
        marks = [("validation", str(mark.column)) for mark in self._marks()]
        more = [*marks, *([("time", self.time)] if self.time else []), *(("keep", name) for name in self.keep)]
        for key, name in (("text", self.text), ("target", self.target), *more):
            if name not in file.names:
                raise no_column(file, key, name)

    def _kind(self) -> Kind | None:
        """Return the type of the target; None if it is derived from the column."""
        if self.task not in ("auto", "text"):
            return self.task
        return "regression" if self.target_transforms else None

    def _marks(self) -> list[Holdout]:
        """Return the hold-outs that are defined by a column."""
        return [holdout for holdout in (self.validation, self.test) if holdout and holdout.column]


def _as_only_input(rows: Rows) -> Rows:
    """Return rows whose only input has no name of its own."""
    return replace(rows, inputs={"input": rows.x})
