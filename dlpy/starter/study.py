"""Analysis of a table for `dlpy new`: target, other columns, missing cells, and the order of rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.data.tables import column_types, missing_cells
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.missing_cells import MISSING
from dlpy.data.tables.targets import Wanted, are_classes, target_of
from dlpy.data.task import Kind, Output
from dlpy.datasets._cells import Cells
from dlpy.datasets._row_choice import all_rows, with_targets
from dlpy.starter.columns import Choices, Columns, dates_in, look, read_columns
from dlpy.starter.target import choose_target
from dlpy.starter.wording import listed

_LEAST_ROWS = 3
_CLASS_NAMES = ("None",)


@dataclass(frozen=True)
class AboutTarget:
    """The column to predict.

    why: why it is not the last column. kept: texts that usually mark a missing cell and are classes here.
    lacking: how many rows have no target. given: whether the command line named it.
    """

    name: str
    output: Output
    why: str
    kept: tuple[str, ...]
    lacking: int
    given: bool


@dataclass(frozen=True)
class Study:
    """The rows of a table that have a target, the target, and the other columns.

    whole: all rows.
    """

    file: CsvFile
    columns: dict[str, Column]
    about: AboutTarget
    others: Columns
    choices: Choices
    whole: Cells

    @property
    def target(self) -> str:
        """The name of the column to predict."""
        return self.about.name

    @property
    def output(self) -> Output:
        """The type of the target."""
        return self.about.output

    @property
    def markers(self) -> tuple[str, ...]:
        """The texts that mark a missing cell in this table."""
        return self.columns[self.target].markers


def study(file: CsvFile, target: str | None, choices: Choices) -> Study:
    """Return the analysis of a CSV file.

    Raises:
        ConfigError: there is no such column.
        DataError: a column is numeric with exceptions, or the target is not usable.
    """
    path = file.path
    if len(file) < _LEAST_ROWS:
        what = f"{len(file)} rows" if len(file) > 1 else "a single row"
        raise DataError(f"{path} has {what}: training, validation and test rows need at least {_LEAST_ROWS}.")
    if target is not None and target not in file.names:
        raise ConfigError(f"--target: {path} has no column '{target}'.{did_you_mean(target, file.names)}")
    choices.check(file.names, path)
    markers = tuple(dict.fromkeys((*MISSING, *choices.missing)))
    columns = column_types.columns_of(file, markers)
    read = read_columns(file, columns, choices)
    name, why = (target, "") if target is not None else choose_target(file, read, choices)
    kept = _classes_kept(file, columns[name], choices)
    if kept:
        columns = column_types.columns_of(file, [marker for marker in markers if marker not in kept])
        read = read_columns(file, columns, choices)
    columns = _with_classes(read, columns, name)
    whole = Cells(file, columns, markers)
    given = with_targets(all_rows(whole), [name])
    file, columns = given.cells.file, given.cells.columns
    found = target_of(file, columns[name], Wanted(_kind(file, name, choices)))[1]
    others = look(file, columns, [column for column in file.names if column != name], choices)
    about = AboutTarget(name, found, why, kept, given.lacking, given=target is not None)
    return Study(file, columns, about, others, choices, whole)


def of_all_rows(study: Study) -> Study:
    """Return the study with the rows that have no target, too."""
    if not study.about.lacking:
        return study
    file, columns = study.whole.file, study.whole.columns
    others = look(file, columns, [name for name in file.names if name != study.target], study.choices)
    return replace(study, file=file, columns=columns, others=others)


def _kind(file: CsvFile, name: str, choices: Choices) -> Kind | None:
    """Return the type of the target if the command line decides it."""
    if name not in choices.categorical:
        return None
    return "binary" if len(set(file.texts(name))) == 2 else "multiclass"


def _with_classes(read: dict[str, Column], written: dict[str, Column], target: str) -> dict[str, Column]:
    """Return the columns with signed numbers as numbers; those of the target only if they are no classes.

    Args:
        read: the columns with signed numbers as numbers. written: as they are.
    """
    own = read[target]
    is_label = own.format is not None and own.format.kind == "boolean"
    is_class = is_label or (own.format is not None and are_classes(own.values[~np.isnan(own.values)]))
    return {**read, target: written[target]} if is_class else read


def _classes_kept(file: CsvFile, column: Column, choices: Choices) -> tuple[str, ...]:
    """Return the missing-cell texts that are classes of a text target instead.

    Raises:
        ConfigError: the target is ignored.
        DataError: the target holds dates.
    """
    if column.name in choices.ignore:
        raise ConfigError(f"--ignore: '{column.name}' is the target; choose another with --target.")
    if not column.is_numeric and dates_in(file, column) is not None:
        raise DataError(f"{file.path}: the target '{column.name}' holds dates: choose another with --target.")
    if column.is_numeric:
        return ()
    cells = file.texts(column.name)
    return tuple(dict.fromkeys(cells[row] for row in column.missing if cells[row] in _CLASS_NAMES))


def missing_lines(study: Study) -> list[str]:
    """Return comments on texts, other than empty ones, that were treated as missing cells or were not."""
    lines = []
    cells = study.file.texts(study.target) if study.about.kept else []
    kept = [f"'{text}' ({cells.count(text):,})" for text in study.about.kept]
    if kept:
        lines.append(f"Treated as a class of {study.target}, not as missing: {listed(kept)}; see missing_values")
    taken = {text for texts in gaps_of(study).values() for text in texts if text in study.markers} - {""}
    if taken:
        rest = missing_cells.as_list([marker for marker in study.markers if marker not in taken])
        named = listed([f"'{text}'" for text in study.markers if text in taken])
        lines.append(f"If {named} should be a value, add to data: missing_values: {rest}")
    return lines


def gaps_of(study: Study) -> dict[str, Counter[str]]:
    """Return how often each text occurs in the missing cells of the columns that are used."""
    names = (*study.others.numeric, *study.others.categories)
    return missing_cells.counted(study.file, {name: study.columns[name].missing for name in names})
