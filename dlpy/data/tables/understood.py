"""What a column of a table is taken for: numbers, booleans, durations, dates, codes, categories or texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from dlpy.core.errors import shortened
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.tables.column_types import MOST_CLASSES, Column, is_prose
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import Dates, dates_of
from dlpy.data.tables.decimals import is_padded
from dlpy.data.tables.found_formats import Finding, find_format

ColumnKind = Literal["number", "boolean", "duration", "date", "category", "code", "text", "constant", "empty"]

NEARLY = 0.9  # a column with this share of numbers is probably meant to hold numbers only
_MOST_CATEGORIES = 100
_MOSTLY_DATES = 0.95
_PEEK = 200  # cells
_EXAMPLE = 40  # characters
_CODE = re.compile(r"[A-Z]{1,3}-?\d+|\d+-?[A-Z]{1,2}", re.IGNORECASE | re.ASCII)
_EXACT = 2.0**53  # float64 holds every integer up to here


@dataclass(frozen=True)
class Understood:
    """What a column is taken for.

    format: how its cells are written, for `data.formats`; None for plain numbers and for texts. description: the reason
    in a few words, such as "numbers with $ and commas between thousands". order: of the day and the month in dates such
    as 01/02/2012; None if no date could be read in both ways, or if the user must say it. doubt: what the user should
    decide or correct before the column can be used, in a full sentence; "" if nothing.
    """

    kind: ColumnKind
    format: CellFormat | None = None
    description: str = ""
    order: Literal["day_first", "month_first"] | None = None
    doubt: str = ""


def understood(file: CsvFile, column: Column) -> Understood:
    """Return what a column is taken for, decided over all its cells."""
    given = len(file) - len(column.missing)
    if given == 0:
        return Understood("empty", None, "every cell is missing")
    if column.is_numeric:
        return _of_numbers(file, column)
    cells = file.texts(column.name)
    if len(set(cells)) == 1:
        return Understood("constant", None, f"'{shortened(cells[0], _EXAMPLE)}' in every row")
    dates = dates_among(cells, column.markers)
    if dates is not None:
        return _of_dates(column, cells, dates)
    finding = find_format(file, column)
    if finding.format is not None and not finding.strays and not finding.doubt:
        return Understood(finding.format.kind, finding.format, finding.described())
    return _of_texts(column, cells, finding)


def is_code(file: CsvFile, column: Column) -> bool:
    """Return whether a column of integers holds codes: with leading zeros, or longer than float64 can tell apart."""
    if any(is_padded(text) for text in column.odd.texts):
        known = column.values[~np.isnan(column.values)]
        return bool((known == np.floor(known)).all())
    first = next((value for value in column.values[:_PEEK] if not np.isnan(value)), 0.0)
    if abs(first) < _EXACT:
        return False
    cells = {text for text in file.texts(column.name) if text not in column.markers}
    long = all(text.isdigit() and float(text) >= _EXACT for text in cells)
    return long and len({len(text) for text in cells}) == 1


def dates_among(cells: Sequence[str], markers: Sequence[str]) -> Dates | None:
    """Return the dates of a column of texts, nearly all of which are dates; None for any other column."""
    peek = dates_of([*islice((cell for cell in cells if cell not in markers), _PEEK)])
    if not len(peek.times) or len(peek.bad) > (1 - _MOSTLY_DATES) * len(peek.times):
        return None
    dates, given = dates_of(cells), [cell not in markers for cell in cells].count(True)
    return dates if len(cells) - len(dates.bad) >= _MOSTLY_DATES * given else None


def unclear(name: str, finding: Finding) -> str:
    """Return what the user should correct in a column of which nearly all cells are numbers; "" if nothing."""
    ways = f"data.formats.{name}.missing lists texts that mark a missing cell; data.categorical takes texts as they are"
    if finding.doubt:
        return f"Column {name}: {finding.doubt}. Write one unit into the file, or list it under data.categorical."
    if finding.strays and finding.share >= NEARLY and finding.different > MOST_CLASSES:
        return f"Column {name} holds numbers except for {some_strays(finding)}: correct them; {ways}."
    return ""


def some_strays(finding: Finding) -> str:
    """Return the first cells of a column that are written differently from the rest."""
    texts = [f"'{shortened(text, _EXAMPLE)}'" for text in list(finding.strays)[:3]]
    return ", ".join(texts) + (", ..." if len(finding.strays) > len(texts) else "")


def _of_numbers(file: CsvFile, column: Column) -> Understood:
    values = column.values[~np.isnan(column.values)]
    if is_code(file, column):
        padded = next((text for text in column.odd.texts if is_padded(text)), None)
        why = f"with leading zeros, such as {padded}" if padded else "longer than numbers can hold exactly"
        return Understood("code", None, f"codes {why}")
    if (values == values[0]).all() and not column.missing:
        return Understood("constant", None, f"{values[0]:g} in every row")
    whole = (values == np.floor(values)).all()
    return Understood("number", None, f"{'integers' if whole else 'numbers'} from {values.min():g} to {values.max():g}")


def _of_dates(column: Column, cells: Sequence[str], dates: Dates) -> Understood:
    known = dates.times[~np.isnat(dates.times)]
    first, last = (str(time.astype("datetime64[D]")) for time in (known.min(), known.max()))
    if dates.doubtful:
        example = next(cell for cell in cells if cell not in column.markers)
        doubt = (
            f"Column {column.name}: '{example}' may have the day or the month first, as may all its dates; say which"
        )
        return Understood("date", None, f"dates, {first} to {last}", None, f"{doubt}: day_first or month_first.")
    order = ("month_first" if dates.month_first else "day_first") if dates.has_order else None
    told = f" with the {'month' if dates.month_first else 'day'} first" if order else ""
    return Understood("date", None, f"dates{told}, {first} to {last}", order)


def are_codes(column: Column, finding: Finding) -> bool:
    """Return whether a column of integers has cells such as 136A or c12, so that it holds codes rather than numbers."""
    whole = column.values[~np.isnan(column.values)]
    plain = finding.format is not None and finding.format == CellFormat(missing=finding.format.missing)
    return plain and bool((whole == np.floor(whole)).all()) and all(map(_CODE.fullmatch, finding.strays))


def _of_texts(column: Column, cells: Sequence[str], finding: Finding) -> Understood:
    given = {cell for cell in cells if cell not in column.markers}
    doubt = unclear(column.name, finding)
    if finding.strays and are_codes(column, finding):
        return Understood("code", None, f"codes, such as {some_strays(finding)} among integers")
    if is_prose(list(cells)):
        return Understood("text", None, f"sentences, {len(given):,} of them different", doubt=doubt)
    count = f"{len(given):,} different texts"
    if finding.numbers:
        count += f"; {finding.share:.0%} of the cells are numbers, not {some_strays(finding)}" if finding.strays else ""
    few = len(given) <= min(_MOST_CATEGORIES, len(cells) / 2)
    return Understood("category" if few else "text", None, count, doubt=doubt)
