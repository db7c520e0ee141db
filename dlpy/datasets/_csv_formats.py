"""Formats of the cells of csv: found in the columns for which the experiment file gives none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables.column_types import MOST_CLASSES, STRAY_SHARE, Column, formatted
from dlpy.data.tables.found_formats import Finding, find_format
from dlpy.data.tables.targets import are_classes
from dlpy.data.tables.understood import is_code, some_strays, unclear
from dlpy.datasets._cells import Cells
from dlpy.datasets._csv_inputs import TableInput
from dlpy.datasets._csv_parts import key_of, not_features, targets_of
from dlpy.transforms.fill_missing import Rule, rule_of

if TYPE_CHECKING:
    from dlpy.datasets.csv import Csv

_NOTED_SHARE = 0.5  # a column of texts with at least this share of numbers is reported
_FILLS_NUMBERS = ("mean", "median", "most_frequent")


def with_formats(data: Csv, cells: Cells) -> Cells:
    """Return the cells with the formats of features and numeric targets found, and lines about them.

    Raises:
        DataError: nearly all cells of a column are numbers, but a few are not, or have another unit.
    """
    columns, codes, notes = dict(cells.columns), set(), []
    for name, rule, wants_booleans in _features(data, cells):
        column = cells.columns[name]
        if column.format is not None:
            continue
        if column.is_numeric:
            if name not in _listed(data, "numeric") and is_code(cells.file, column):
                codes.add(name)
                notes.append(f"column '{name}': codes, used as categories; data.numeric lists those that are numbers")
            continue
        finding = find_format(cells.file, column)
        _require_clear(cells, column, finding)
        form = finding.format
        if form is not None and _is_useful(finding, column, rule) and (wants_booleans or form.kind != "boolean"):
            columns[name] = formatted(cells.file, column, form)
            notes.append(f"column '{name}': {finding.described()}")
        elif finding.numbers and finding.share >= _NOTED_SHARE:
            notes.append(f"column '{name}': used as categories, {_why(finding)}")
    for column in _targets(data, cells):
        columns[column.name] = column
        notes.append(f"column '{column.name}': {'' if column.format is None else column.format.described()}")
    return replace(cells, columns=columns, codes=frozenset(codes), notes=(*cells.notes, *notes))


def formats_of(data: Csv, cells: Cells) -> dict[str, object]:
    """Return the option `formats` with the formats that were found; empty if none was."""
    found = {name: column.format for name, column in cells.columns.items() if column.format is not None}
    return {"formats": data.formats | found} if found.keys() - data.formats.keys() else {}


def _features(data: Csv, cells: Cells) -> Iterator[tuple[str, Rule, bool]]:
    """Yield the columns that may be numbers, with the rule that fills missing cells, and whether booleans may be."""
    if data.inputs is None:
        gone = {*data.ignore, *data.keep, *data.dates, *(data.categorical or []), *not_features(data)}
        names = cells.file.names if data.numeric is None else data.numeric
        yield from ((name, rule_of(data.missing, name), data.categorical is None) for name in names if name not in gone)
        return
    used = {name for given in data.inputs.values() for name in given.used()}
    used |= {*data.ignore, *data.keep, *not_features(data)}
    rest = [name for name in cells.file.names if name not in used]
    for table in data.inputs.values():
        if isinstance(table, TableInput):
            names = rest if table.columns == "rest" else table.columns
            free = [name for name in names if name not in {*(table.categorical or []), *table.dates}]
            yield from ((name, rule_of(table.missing, name), True) for name in free)


def _listed(data: Csv, key: str) -> set[str]:
    """Return the columns that the option `numeric` or `categorical` lists, of any input."""
    tables = [table for table in (data.inputs or {}).values() if isinstance(table, TableInput)]
    return {name for given in (data, *tables) for name in getattr(given, key) or []}


def _is_useful(finding: Finding, column: Column, rule: Rule) -> bool:
    """Return whether a column can be used as numbers without an error that it would not bring as categories."""
    if finding.format is None or finding.strays or finding.doubt:
        return False
    gaps = bool(column.missing or finding.format.missing)
    if gaps and isinstance(rule, str) and rule not in ("error", *_FILLS_NUMBERS):
        return False  # missing cells become a category of their own
    few = finding.different <= MOST_CLASSES or finding.marked > STRAY_SHARE * len(column.values)
    return not (rule == "error" and finding.format.missing and few)


def _require_clear(cells: Cells, column: Column, finding: Finding) -> None:
    """Raise DataError for a column of which nearly all cells are numbers of one unit."""
    problem = unclear(column.name, finding)
    if problem and (finding.doubt or not _is_plain(finding)):
        first = next(iter(finding.strays), None)
        texts = cells.file.texts(column.name)
        row = 0 if first is None or finding.doubt else texts.index(first)
        raise DataError(f"{cells.file.where(row, column.name)}: {problem}")


def _is_plain(finding: Finding) -> bool:
    """Return whether a column is of plain numbers but for a few texts; another check reports those."""
    return finding.format is not None and finding.format == type(finding.format)()


def _why(finding: Finding) -> str:
    if finding.strays:
        return f"since only {finding.share:.0%} of its cells are numbers, unlike {some_strays(finding)}"
    marks = [] if finding.format is None else finding.format.missing
    if not marks:
        return "since data.missing fills its cells with a text"
    return f"since data.missing fills no numbers into its cells with {' or '.join(repr(mark) for mark in marks[:3])}"


def _targets(data: Csv, cells: Cells) -> Iterator[Column]:
    """Yield the columns of numeric targets that are written in a format, with it."""
    for name, wanted in targets_of(data).items():
        kind = wanted.wanted(key_of(data, "targets", name)).kind
        if wanted.classes or kind not in (None, "regression", "counts") or (wanted.columns and kind is None):
            continue
        for column in (cells.columns[name] for name in wanted.used()):
            if not column.is_numeric and column.format is None:
                yield from _as_numbers(cells, column, certain=kind is not None)


def _as_numbers(cells: Cells, column: Column, *, certain: bool) -> Iterator[Column]:
    """Yield a target column as numbers, if it holds some; labels such as yes and no stay classes."""
    finding = find_format(cells.file, column)
    _require_clear(cells, column, finding)
    if finding.format is None or finding.strays or finding.format.kind == "boolean":
        return
    found = formatted(cells.file, column, finding.format)
    known = found.values[~np.isnan(found.values)]
    if certain or not are_classes(known):
        yield found
