"""Whether a table holds whole series, each with one label: one row for each step, or one row for each series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlpy.datasets._whole_series_tables import owners_of
from dlpy.starter.identifiers import different
from dlpy.starter.study import Study

_LEAST_SERIES, _LEAST_STEPS = 8, 5
_LEAST_WIDE, _SMOOTH = 20, 0.5  # columns; correlation of neighboring ones
_NUMBERED = re.compile(r"(.*?)([0-9]+)")
_PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}
_PERSONS = ("person", "subject", "patient", "user", "participant", "wearer", "driver", "group")
_MOST_BYTE = 255


@dataclass(frozen=True)
class Recordings:
    """Whole series in a table.

    layout: long or wide. id: the column with their names; time: the one that orders their rows. channels: the columns
    of the values. split, group: the columns that assign series to splits. lengths: (series,) the number of steps.
    """

    layout: str
    channels: list[str]
    lengths: np.ndarray
    id: str | None = None
    time: str | None = None
    split: str | None = None
    group: str | None = None


def recordings_of(study: Study) -> Recordings | None:
    """Return the whole series of a table, or None if its rows are none."""
    return _long_of(study) or _wide_of(study)


def _long_of(study: Study) -> Recordings | None:
    """Return series with one row for each step, or None.

    Several rows have the same name, and with it the same label; a column grows from row to row of each name, and
    another one changes.
    """
    found = [_long_by(study, name) for name in study.file.names if name != study.target]
    possible = [one for one in found if one is not None]
    return max(possible, key=lambda one: len(one.lengths)) if possible else None


def _long_by(study: Study, of: str) -> Recordings | None:
    file = study.file
    count = different(file, study.columns[of])
    if study.columns[of].missing or not _LEAST_SERIES <= count <= len(file) / _LEAST_STEPS:
        return None
    _, first, owner = owners_of(file, of)
    lengths = np.bincount(owner)
    if lengths.min() < 2 or np.median(lengths) < _LEAST_STEPS or not _is_constant(study, study.target, first, owner):
        return None
    order = np.argsort(owner, kind="stable")
    others = [name for name in file.names if name not in (of, study.target, *study.file.index)]
    constant = [name for name in others if _is_constant(study, name, first, owner)]
    changing = [name for name in others if name not in constant and study.columns[name].is_numeric]
    grows = [name for name in others if name not in constant and _grows(study, name, order, owner)]
    channels = [name for name in changing if name not in grows[:1]]
    if not grows or not channels:
        return None
    split, group = _split_among(study, constant), _group_among(study, constant, count)
    return Recordings("long", channels, lengths, of, grows[0], split, group)


def _wide_of(study: Study) -> Recordings | None:
    """Return series with one row for each, or None.

    Most columns are numbered one after another, and neighboring ones are alike in most rows, as they are not in a table
    of measurements. Pixels of square images are no series.
    """
    file = study.file
    rest = [name for name in file.names if name != study.target and study.columns[name].is_numeric]
    channels = _numbered(rest)
    ids = [*study.others.ids][:1]
    others = [name for name in file.names if name not in (study.target, *channels, *ids, *file.index)]
    split = _split_among(study, others)
    if len(channels) < _LEAST_WIDE or len(file) < _LEAST_SERIES or len(others) > (split is not None):
        return None
    values = np.stack([study.columns[name].values for name in channels], axis=1)
    if _are_pixels(values) or not _are_smooth(values):
        return None
    known = ~np.isnan(values)
    lengths = np.where(known.any(axis=1), len(channels) - known[:, ::-1].argmax(axis=1), 0)
    return Recordings("wide", channels, lengths, next(iter(ids), None), split=split) if lengths.min() >= 2 else None


def _is_constant(study: Study, name: str, first: np.ndarray, owner: np.ndarray) -> bool:
    column = study.columns[name]
    if column.is_numeric and not column.missing and (column.values != column.values[first][owner]).any():
        return False  # which is found faster than by texts
    cells = np.array(study.file.texts(name), np.str_)
    return bool((cells == cells[first][owner]).all())


def _grows(study: Study, name: str, order: np.ndarray, owner: np.ndarray) -> bool:
    """Return whether a column of numbers or dates grows from row to row of each series."""
    column = study.columns[name]
    if name in study.others.dates:
        values = study.others.dates[name].times.astype(np.int64)
    elif column.is_numeric and not column.missing:
        values = column.values
    else:
        return False
    inside = np.diff(owner[order]) == 0
    return bool((np.diff(values[order])[inside] > 0).all())


def _numbered(names: Sequence[str]) -> list[str]:
    """Return the longest stretch of columns whose names differ in a number that grows by 1 from column to column."""
    best: list[str] = []
    stretch: list[str] = []
    for name in names:
        stretch = [*stretch, name] if stretch and _follows(stretch[-1], name) else [name]
        best = stretch if len(stretch) > len(best) else best
    return best


def _follows(before: str, name: str) -> bool:
    one, other = _NUMBERED.fullmatch(before), _NUMBERED.fullmatch(name)
    if one is None or other is None:
        return False
    return one[1] == other[1] and int(other[2]) == int(one[2]) + 1


def _are_smooth(values: np.ndarray) -> bool:
    """Return whether neighboring values of a row are alike: their median correlation over the rows is high."""
    centred = values - np.nanmean(values, axis=1, keepdims=True)
    spread = np.nansum(np.square(centred), axis=1)
    products = np.nansum(centred[:, 1:] * centred[:, :-1], axis=1)
    return bool(np.median(products / np.maximum(spread, 1e-300)) > _SMOOTH)


def _are_pixels(values: np.ndarray) -> bool:
    """Return whether values look like the bytes of square images."""
    side = round(values.shape[1] ** 0.5)
    whole = not np.isnan(values).any() and bool((values == np.floor(values)).all())
    return side * side == values.shape[1] and whole and values.min() >= 0 and values.max() <= _MOST_BYTE


def _split_among(study: Study, names: Sequence[str]) -> str | None:
    """Return the column that says which rows are test rows, or None."""
    of_texts = (name for name in names if not study.columns[name].is_numeric)
    return next((name for name in of_texts if _says_split(study.file.texts(name))), None)


def _says_split(texts: Sequence[str]) -> bool:
    if texts[0].lower() not in _PARTS:
        return False
    cells = {cell.lower() for cell in texts}
    return "test" in cells and len(cells) > 1 and cells <= _PARTS


def _group_among(study: Study, names: Sequence[str], series: int) -> str | None:
    """Return the column that names who gave several series, judging by its name, or None."""
    named = [name for name in names if any(word in name.lower() for word in _PERSONS)]
    return next((name for name in named if 5 <= different(study.file, study.columns[name]) < series), None)
