"""Finds out how the cells of a column are written, from all of them at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from dlpy.data.tables.amounts import MARKS, Amount, Decimal, Thousands, amount_of
from dlpy.data.tables.cell_formats import CellFormat, Words
from dlpy.data.tables.column_amounts import FEW, LEAST_SHARE, Amounts, common_units, is_plausible, units_of
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.durations import is_short_clock, leading_number, seconds_of
from dlpy.data.tables.units import measure_alike, unit_key

INFINITIES = frozenset(sign + word for sign in ("", "+", "-") for word in ("inf", "infinity", "∞"))
_WORDS = """- -- --- \u2013 \u2014 \u2212 . .. ... \u2026 * ** n.a. n.a n/a n.d. na nan #n/a #na #value! #div/0!
#null! #num! <na> null nil none nat missing unknown n.v. k.a. tbd ? ??"""
MISSING_WORDS = INFINITIES | {*re.split(r"\s+", _WORDS)}
"""Lower-case texts that mark a missing cell where all other cells of the column are numbers."""
_PAIRS: tuple[Words, ...] = get_args(Words)
_PEEK = 200  # cells
_REPEATED = 3  # times that a text occurs that marks a missing cell, rather than a mistake
_MANY = 20  # distinct numbers


@dataclass(frozen=True)
class Finding:
    """What a look at a column found.

    format: how its cells are written; None if they are texts. strays: the cells that are written otherwise, with their
    counts. numbers: cells that are numbers in this format. different: distinct numbers. doubt: why the numbers cannot
    be used as they are; "" if they can. odd: cells that need a word, such as bounds, by what they are. marked: cells
    with a text that marks a missing one.
    """

    format: CellFormat | None = None
    strays: Mapping[str, int] = field(default_factory=dict)
    numbers: int = 0
    different: int = 0
    doubt: str = ""
    odd: Mapping[str, int] = field(default_factory=dict)
    marked: int = 0

    @property
    def share(self) -> float:
        """The share of numbers among the cells that are not missing."""
        return self.numbers / max(1, self.numbers + sum(self.strays.values()))

    def described(self) -> str:
        """Return the format in words, and the number of cells that need a word."""
        told = "" if self.format is None else self.format.described()
        return "; ".join([told, *(f"{count:,} {what}" for what, count in self.odd.items())])


def find_format(file: CsvFile, column: Column) -> Finding:
    """Return how the cells of a column are written that has other cells than plain numbers."""
    markers = frozenset(column.markers)
    some = {*column.odd.texts[:: max(1, len(column.odd.texts) // _PEEK)]} - markers
    if len(column.odd.rows) == len(file) and not any(map(_may_be, some)):
        return Finding()
    counts = Counter(text for text in column.odd.texts if text and text not in markers)
    plain = np.ones(len(file), np.bool_)
    plain[column.odd.rows] = False
    plain[column.missing] = False
    values = column.values[plain]
    words = {text: count for text, count in counts.items() if text.lower() in MISSING_WORDS}
    rest = {text: count for text, count in counts.items() if text not in words}
    if not len(values):
        found = _booleans(rest, words) or _durations(rest, words)
        if found is not None:
            return found
    return _numbers(file, column, values, rest, words)


def _may_be(text: str) -> bool:
    low = text.lower()
    known = low in MISSING_WORDS or any(low in pair.split("/") for pair in _PAIRS)
    return known or amount_of(text) is not None or seconds_of(text) is not None


def _booleans(rest: Mapping[str, int], words: Mapping[str, int]) -> Finding | None:
    low = {text.lower() for text in rest}
    pairs: list[Words] = [pair for pair in _PAIRS if low == {*pair.split("/")}]
    if not pairs:
        return None
    return Finding(
        CellFormat(kind="boolean", words=pairs[0], missing=sorted(words)),
        {},
        sum(rest.values()),
        2,
        marked=sum(words.values()),
    )


def _durations(rest: Mapping[str, int], words: Mapping[str, int]) -> Finding | None:
    if not rest or any(seconds_of(text) is None for text in rest):
        return None
    short = [text for text in rest if is_short_clock(text)]
    clock = None
    if short:
        hours = max(map(leading_number, short)) < 24
        clock = "hours:minutes" if hours else "minutes:seconds"
    form = CellFormat(kind="duration", clock=clock, missing=sorted(words))
    return Finding(form, {}, sum(rest.values()), len(rest), marked=sum(words.values()))


def _numbers(
    file: CsvFile, column: Column, values: np.ndarray, rest: Mapping[str, int], words: Mapping[str, int]
) -> Finding:
    amounts = Amounts({text: one for text in rest if (one := amount_of(text)) is not None}, rest, values)
    strays = {text: count for text, count in rest.items() if text not in amounts.found}
    units = units_of(amounts)
    if len(units) > 1 and len(common_units(units, amounts)) > 1:
        alike = amounts.different > 2 * FEW and measure_alike(set(units.values()))
        doubt = f"its numbers have several units: {' and '.join(sorted(units.values())[:3])}" if alike else ""
        return Finding(None, strays, amounts.total if alike else 0, amounts.different, doubt)
    unit = next(iter(common_units(units, amounts).values()), "")
    wrong = [text for text, one in amounts.found.items() if one.unit and unit_key(one.unit) != unit_key(unit)]
    amounts = amounts.without(wrong)
    if not amounts.total or not is_plausible(amounts, unit):
        return Finding()
    thousands, decimal, others = _marks(file, column, amounts)
    amounts = amounts.without(others)
    strays |= {text: rest[text] for text in (*wrong, *others)}
    gone = _marking(strays, amounts, unit)
    words = {**words, **{text: strays.pop(text) for text in gone}}
    form = CellFormat(
        unit=unit,
        thousands=thousands,
        decimal=decimal,
        scales=any(one.scale != 1 for one in amounts.found.values()),
        bounds=any(one.bound for one in amounts.found.values()),
        missing=sorted(words),
    )
    doubt = _doubt(amounts, unit)
    odd = _odd(amounts, words, unit)
    return Finding(form, strays, amounts.total, amounts.different, doubt, odd, marked=sum(words.values()))


def _marking(strays: Mapping[str, int], amounts: Amounts, unit: str) -> list[str]:
    """Return the texts that mark a missing cell: "null kg", or the only text, if it is repeated among many numbers."""
    marks = [text for text in strays if unit and text.lower().removesuffix(unit.lower()).strip() in MISSING_WORDS]
    rest = [text for text in strays if text not in marks]
    if len(rest) == 1 and strays[rest[0]] >= _REPEATED and amounts.different > _MANY:
        few = strays[rest[0]] <= LEAST_SHARE * amounts.total
        marks += rest if few and not any(sign.isdigit() for sign in rest[0]) else []
    return marks


def _marks(file: CsvFile, column: Column, amounts: Amounts) -> tuple[Thousands, Decimal, list[str]]:
    """Return the marks of thousands and decimals that most cells have, and the cells that have others."""
    digits = {text: one.digits for text, one in amounts.found.items()}
    plain: dict[str, str] = {}
    best: tuple[Thousands, Decimal, list[str]] | None = None
    for thousands, decimal in MARKS:
        if decimal == "," and not plain and len(amounts.values):
            odd = set(column.odd.texts)
            plain = {text: text.lstrip("+-") for text in set(file.texts(column.name)) - odd}
        cells = digits | (plain if decimal == "," else {})
        wrong = [text for text, shape in cells.items() if Amount(shape).value(thousands, decimal) is None]
        if not wrong:
            used = any(thousands in shape for shape in cells.values())
            return thousands if used else "", decimal, []
        if best is None or len(wrong) < len(best[2]):
            best = thousands, decimal, wrong
    if best is None or best[1] == ",":
        return "", ".", [text for text, shape in digits.items() if Amount(shape).value("", ".") is None]
    return best


def _doubt(amounts: Amounts, unit: str) -> str:
    """Return why the numbers of a column of percentages may mean different things."""
    if unit != "%":
        return ""
    bare = [one.value("", ".") or 0.0 for one in amounts.found.values() if not one.unit]
    values = np.abs(np.concatenate([amounts.values, bare]))
    small = ((values <= 1) & (values != 0)).any()
    return "some of its cells have % and others, below 1, do not" if small else ""


def _odd(amounts: Amounts, words: Mapping[str, int], unit: str) -> dict[str, int]:
    """Return the number of cells that need a word, by what they are."""
    bounds = [text for text, one in amounts.found.items() if one.bound]
    endless = sum(count for text, count in words.items() if text.lower() in INFINITIES)
    bare = amounts.total - amounts.count(text for text, one in amounts.found.items() if one.unit)
    found = {
        "bounds, taken as the number itself": amounts.count(bounds),
        "infinite, taken as missing": endless,
        "other texts for missing": sum(words.values()) - endless,
        f"without {unit}, taken as in the same unit": bare if unit else 0,
    }
    return {what: count for what, count in found.items() if count}
