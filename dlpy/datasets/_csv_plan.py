"""How the columns of a large table are read piece by piece, as its first rows decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Table
from dlpy.data.rows import SAMPLE_WEIGHT
from dlpy.data.tables import column_types, missing_cells, piece_reader
from dlpy.data.tables.bodies import Quoted
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.decimals import number
from dlpy.data.tables.targets import holds_numbers, known_target, target_of
from dlpy.data.task import Output
from dlpy.datasets._cells import Cells
from dlpy.datasets._csv_inputs import CsvInput, TableInput, TextInput
from dlpy.datasets._csv_parts import filled_cells, key_of, marked, not_features, rules_of, targets_of
from dlpy.datasets._csv_store import StoredRows, StoreWriter
from dlpy.datasets._row_choice import all_rows, with_targets

if TYPE_CHECKING:
    from dlpy.datasets.csv import Csv

_ELSEWHERE = {"validation", "test", "split_seed", "transforms", "target_transforms", "only", "fallback", "memory"}
_OFTEN = 5  # rows of a text that is a class


class Plan:
    """How the columns of a table are read, as its first rows decide."""

    def __init__(self, data: Csv, cells: Cells, inputs: Mapping[str, CsvInput], head: piece_reader.Head) -> None:
        self.data, self.cells, self.inputs, self.head = data, cells, inputs, head
        self.formats = {name: column.format for name, column in cells.columns.items() if column.format is not None}
        self.wanted = targets_of(data)
        self.numeric = {name: self._output(name) for name in self.wanted if self._is_numeric(name)}
        listed = {*(data.categorical or []), *(name for one in self._tables() for name in one.categorical or [])}
        given = {name for one in (data.inputs or {}).values() for name in getattr(one, "categorical", None) or []}
        self.detected = listed - {*(data.categorical or []), *given}
        self.texts = self._texts()
        self.read_as_numbers = [name for name in head.file.names if name in self._used() and name not in self.texts]

    def _tables(self) -> Iterator[TableInput]:
        yield from (one for one in self.inputs.values() if isinstance(one, TableInput))

    def _texts(self) -> set[str]:
        """Return the categorical columns, which are not parsed as numbers; none if a number marks missing cells."""
        if any(number(marker) is not None for marker in self.data.missing_values):
            return set()
        others = {*not_features(self.data), *self.formats}
        return {name for one in self._tables() for name in one.categorical or []} - others

    def _used(self) -> set[str]:
        return {*not_features(self.data), *self.formats, *(name for one in self._tables() for name in one.used())}

    def _is_numeric(self, name: str) -> bool:
        one, cells = self.wanted[name], self.cells
        if one.columns is not None:
            return True
        return holds_numbers(cells.file, cells.columns[str(one.column)], one.wanted(key_of(self.data, "targets", name)))

    def _output(self, name: str) -> Output:
        """Return the type of a target of numbers or labels."""
        return self.wanted[name].read(self.cells, key_of(self.data, "targets", name))[1]

    def options(self) -> dict[str, object]:
        """Return all that decides how rows are read, for the key of the cache."""
        told = self.data.model_dump(mode="json", exclude=_ELSEWHERE)
        holdouts = sorted(name for key, name in self.data.marks() if key in ("validation", "test"))
        return told | {"found": str([*self.inputs.values(), self.formats, self.head.file.format]), "marks": holdouts}

    def add(self, writer: StoreWriter, piece: CsvFile) -> None:
        """Read the cells of a piece, check them, and write them."""
        data = self.data
        chosen = all_rows(Cells.of_file(piece, data.missing_values, self.formats, self.read_as_numbers))
        required = [name for one in self.wanted.values() if one.missing == "error" for name in one.used()]
        if data.missing_target == "drop" and required:
            if all(len(chosen.cells.columns[name].missing) == len(piece) for name in required):
                writer.lacking += len(piece)
                return
            chosen = with_targets(chosen, required)
        cells, before = chosen.cells, writer.rows + writer.lacking
        writer.lacking += chosen.lacking
        writer.rows += len(cells.file)
        for name, given in self.inputs.items():
            if isinstance(given, TableInput):
                table = given.read(cells, key_of(data, "inputs", name), cached=False)
                writer.table(name).add(table)
                writer.count_filled(self._filled_texts(cells, table))
            elif isinstance(given, TextInput):
                writer.texts(name).add(given.read(cells, key_of(data, "inputs", name), cached=False))
        self._check_categories(writer)
        for name in self.wanted:
            self._add_target(writer, cells, name)
        for name, column in marked(data, cells).items():
            writer.add(name, column) if name == SAMPLE_WEIGHT else writer.add_texts(name, column.tolist())
        writer.count_filled(filled_cells(cells, [name for name in rules_of(self.inputs) if name in cells.columns]))
        writer.add("index", (chosen.rows + before).astype(np.int32))

    def _filled_texts(self, cells: Cells, table: Table) -> dict[str, Counter[str]]:
        """Return the count of each text in the missing cells of the columns that are texts alone."""
        columns = zip(table.categorical_names, table.categorical.T, strict=True)
        gaps = {name: np.flatnonzero(column == "").tolist() for name, column in columns if name in self.texts}
        return missing_cells.counted(cells.file, gaps)

    def _add_target(self, writer: StoreWriter, cells: Cells, name: str) -> None:
        wanted = self.wanted[name]
        if name in self.numeric:
            writer.add(f"target {name}", self._numbers(cells, name))
            return
        lines = [cells.file.body.line(row) for row in range(len(cells.file))]
        writer.add_texts(f"target {name}", cells.file.texts(str(wanted.column)), lines)

    def _numbers(self, cells: Cells, name: str) -> np.ndarray:
        """Return a target of numbers or labels."""
        wanted = self.wanted[name]
        if wanted.columns is None:
            return known_target(cells.file, cells.columns[str(wanted.column)], self.numeric[name])
        return wanted.read(cells, key_of(self.data, "targets", name))[0]

    def _check_categories(self, writer: StoreWriter) -> None:
        """Raise DataError for a detected categorical column that contains free text or names."""
        for table, given in self.inputs.items():
            for name in getattr(given, "categorical", None) or []:
                if name in self.detected and writer.table(table).count(name) > column_types.MOST_TEXTS:
                    count = f"more than {column_types.MOST_TEXTS:,}"
                    raise column_types.too_many_texts(self.head.file.path.name, name, count)

    def targets(self, found: StoredRows) -> tuple[dict[str, np.ndarray], dict[str, Output]]:
        """Return the targets of all rows and their types."""
        targets, outputs = {}, {}
        for name in self.wanted:
            values = found.arrays[f"target {name}"]
            if name in self.numeric:
                targets[name], outputs[name] = values, self.numeric[name]
            else:
                by_text, outputs[name] = self._classes(name, *found.texts[f"target {name}"])
                targets[name] = by_text[values]
        return targets, outputs

    def _classes(self, name: str, texts: list[str], lines: list[int]) -> tuple[np.ndarray, Output]:
        """Return the class of each distinct text of a target, and its type."""
        given, column = self.wanted[name].wanted(key_of(self.data, "targets", name)), str(self.wanted[name].column)
        rows = [(line, [text]) for text, line in zip(texts, lines, strict=True)]
        body = Quoted(self.head.file.path.name, _OFTEN * rows, 1, self.head.file.format.decimal)
        file = replace(self.head.file, names=(column,), body=body)
        read = Cells.of_file(file, self.data.missing_values, self.formats).columns[column]
        if holds_numbers(file, read, given):
            found = f"the first rows hold few whole numbers, and all rows {len(texts):,} different ones"
            hint = f"Set {given.key}.task: regression, or multiclass."
            raise DataError(f"{file.path.name}: target '{column}': {found}. {hint}")
        y, output = target_of(file, read, given)
        return y[: len(texts)], output
