"""Options that prepare the columns of a table: formats, dates, missing cells, categories and scaling."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables.calendar import parts_that_vary
from dlpy.data.tables.column_types import guess_numeric
from dlpy.data.tables.dates import Dates
from dlpy.starter.study import Study, gaps_of
from dlpy.starter.wording import Item, Option, listed, plural

DateOptions = list[str] | dict[str, str]

_RARE = 5  # rows: categories with fewer are pooled
_MANY = 200  # categories: columns with more are embedded
_ABSOLUTE = ("year", "elapsed")  # parts of dates that never come again


@dataclass(frozen=True)
class Preparation:
    """How the columns of numbers, categories and dates are prepared.

    options: of the table, before its transforms. transforms: in order. dates: the columns of dates that are features.
    rare, embedded: columns of categories some of which are pooled, and those that are embedded. categories: the number
    of columns that categories become.
    """

    options: list[Option]
    transforms: list[Item]
    dates: DateOptions
    rare: list[str]
    embedded: list[str]
    categories: int


def preparation_of(study: Study, *, in_time: bool) -> Preparation:
    """Return how the columns of a table are prepared.

    Args:
        study: the table.
        in_time: whether rows are split in time order, so that later years are not among the training rows.
    """
    others = study.others
    dates, parts = _dates(study, in_time=in_time)
    gaps = gaps_in(study, dates)
    sizes = {name: _sizes(cells, study.markers) for name, cells in others.categories.items()}
    rare = [name for name, found in sizes.items() if len(found) > 2 and min(found.values()) < _RARE]
    embedded = [name for name, found in sizes.items() if _kept(found) > _MANY]
    as_numbers = any(_looks_numeric(study, name) for name in others.categories)
    chosen = as_numbers or bool(others.doubtful or {*study.choices.categorical} - {study.target})
    options = [
        *([Option("categorical", [*others.categories])] if chosen else []),
        *([Option("dates", dates, "become numbers by date_parts")] if dates else []),
        _filling(study, dates, gaps),
    ]
    again = {"name": "date_parts", "parts": parts}
    pooling = {"name": "rare_categories", "min_count": _RARE}
    embedding = {"name": "tabulate", "embed": _MANY}
    steps = [
        (Item("missing_indicators", "tell which cells were missing"), bool(gaps)),
        (Item(again, "parts of dates that come again in later rows"), in_time and bool(dates)),
        (Item(pooling, f"pools those of fewer than {_RARE} rows"), bool(rare)),
        (Item("standardize", "numeric columns: mean 0, standard deviation 1"), bool(others.numeric or dates)),
        (Item(embedding, f"columns of more than {_MANY} categories: {listed(embedded)}"), bool(embedded)),
    ]
    transforms = [item for item, is_used in steps if is_used]
    columns = sum(min(_kept(found) + (name in rare), _MANY) for name, found in sizes.items())
    return Preparation(options, transforms, dates, rare, embedded, columns)


def _looks_numeric(study: Study, name: str) -> bool:
    """Return whether a column would be read as numbers, or refused for a few other texts, unless the file says so."""
    try:
        return guess_numeric(study.file, study.columns[name])
    except DataError:
        return True


def format_options(study: Study, used: list[str]) -> list[Option]:
    """Return the option `formats` of those columns that hold numbers with units, marks of thousands or other texts."""
    formats = [
        Option(name, form.model_dump(exclude_defaults=True), form.described())
        for name in study.file.names
        if name in used and (form := study.columns[name].format) is not None
    ]
    return [Option("formats", formats, "how cells are written")] if formats else []


def _sizes(cells: list[str], markers: tuple[str, ...]) -> dict[str, int]:
    """Return the number of rows of each category."""
    return {text: count for text, count in Counter(cells).items() if text not in markers}


def _kept(sizes: dict[str, int]) -> int:
    """Return the number of categories that are not pooled."""
    return sum(count >= _RARE for count in sizes.values())


def _dates(study: Study, *, in_time: bool) -> tuple[DateOptions, list[str]]:
    """Return the columns of dates that can be features, and their parts that vary."""
    every: dict[str, list[str]] = {}
    for name, dates in study.others.dates.items():
        parts = [part for part in _parts(dates) if not (in_time and part in _ABSOLUTE)]
        if parts and _is_readable(study, name, dates):
            every[name] = parts
    found = [*dict.fromkeys(part for parts in every.values() for part in parts)]
    orders = {name: study.others.orders.get(name, "auto") for name in every}
    if any(order != "auto" for order in orders.values()):
        return {**orders}, found
    return [*every], found


def _parts(dates: Dates) -> list[str]:
    seconds = dates.times.astype("datetime64[us]").astype(np.float64) / 1e6
    return parts_that_vary(np.where(np.isnat(dates.times), np.nan, seconds))


def _is_readable(study: Study, name: str, dates: Dates) -> bool:
    """Return whether every cell that is not missing is a date as `csv` reads it, and not a number such as an epoch."""
    column, cells = study.columns[name], study.file.texts(name)
    if any(cells[row] not in column.markers for row in dates.bad):
        return False
    return not column.is_numeric or all(len(cell) in (4, 8) for cell in cells)


def gaps_in(study: Study, dates: DateOptions) -> dict[str, int]:
    """Return the number of missing cells of each input column that has any."""
    gaps = {name: sum(texts.values()) for name, texts in gaps_of(study).items()}
    found = {name: len(study.columns[name].missing) or len(study.others.dates[name].bad) for name in [*dates]}
    return gaps | {name: count for name, count in found.items() if count}


def _filling(study: Study, dates: DateOptions, gaps: dict[str, int]) -> Option:
    """Return the option that fills missing cells: those of the table, and those of new rows."""
    numbers = {*study.others.numeric, *study.others.dates}
    filled = [*gaps] or [*study.others.numeric, *dates]
    rule = "median" if numbers.intersection(filled) else "most_frequent"
    if not gaps:
        return Option("missing", rule, "of new rows: these have no missing cells")
    counts = [f"{name} ({count})" for name, count in gaps.items()]
    return Option("missing", rule, f"{plural(sum(gaps.values()), 'missing cell')}: {listed(counts)}")
