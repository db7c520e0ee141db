"""Finds out how the cells of a column are written, from all of them at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from dlpy.data.tables.amounts import MARKS, Amount, Decimal, Thousands, amount_of
from dlpy.data.tables.cell_formats import CellFormat, Words
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.durations import is_short_clock, leading_number, seconds_of
from dlpy.data.tables.units import is_currency, is_measure, measure_alike, unit_key

INFINITIES = frozenset(sign + word for sign in ("", "+", "-") for word in ("inf", "infinity", "∞"))
_WORDS = """- -- --- \u2013 \u2014 \u2212 . .. ... \u2026 * ** n.a. n.a n/a n.d. na nan #n/a #na #value! #div/0!
#null! #num! <na> null nil none nat missing unknown n.v. k.a. tbd ? ??"""
MISSING_WORDS = INFINITIES | {*re.split(r"\s+", _WORDS)}
"""Lower-case texts that mark a missing cell where all other cells of the column are numbers."""
_PAIRS: tuple[Words, ...] = get_args(Words)
_PEEK = 200  # cells
_FEW = 10  # fewer distinct numbers with a single letter behind them may be names, such as 2D and 3D
_LEAST_MOST = 0.5  # of the cells of a column of numbers


@dataclass(frozen=True)
class Finding:
    """What a look at a column found.

    format: how its cells are written; None if they are texts. strays: the cells that are written otherwise, with their
    counts. numbers: cells that are numbers in this format. different: distinct numbers. doubt: why the numbers cannot
    be used as they are; "" if they can. odd: cells that need a word, such as bounds, by what they are.
    """

    format: CellFormat | None = None
    strays: Mapping[str, int] = field(default_factory=dict)
    numbers: int = 0
    different: int = 0
    doubt: str = ""
    odd: Mapping[str, int] = field(default_factory=dict)

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
    return Finding(CellFormat(kind="boolean", words=pairs[0], missing=sorted(words)), {}, sum(rest.values()), 2)


def _durations(rest: Mapping[str, int], words: Mapping[str, int]) -> Finding | None:
    if not rest or any(seconds_of(text) is None for text in rest):
        return None
    short = [text for text in rest if is_short_clock(text)]
    clock = None
    if short:
        hours = max(map(leading_number, short)) < 24
        clock = "hours:minutes" if hours else "minutes:seconds"
    form = CellFormat(kind="duration", clock=clock, missing=sorted(words))
    return Finding(form, {}, sum(rest.values()), len(rest))


@dataclass(frozen=True)
class _Amounts:
    """The odd cells that are numbers, the counts of their texts, and the plain numbers of the column."""

    found: Mapping[str, Amount]
    counts: Mapping[str, int]
    values: np.ndarray

    def count(self, texts: Iterable[str]) -> int:
        return sum(self.counts[text] for text in texts)

    @property
    def total(self) -> int:
        return self.count(self.found) + len(self.values)

    @property
    def different(self) -> int:
        return len(self.found) + len(np.unique(self.values))

    def without(self, texts: Iterable[str]) -> _Amounts:
        gone = set(texts)
        return _Amounts({text: one for text, one in self.found.items() if text not in gone}, self.counts, self.values)


def _numbers(
    file: CsvFile, column: Column, values: np.ndarray, rest: Mapping[str, int], words: Mapping[str, int]
) -> Finding:
    amounts = _Amounts({text: one for text in rest if (one := amount_of(text)) is not None}, rest, values)
    strays = {text: count for text, count in rest.items() if text not in amounts.found}
    units = _units(amounts)
    if len(units) > 1 and len(_common(units, amounts)) > 1:
        alike = amounts.different > 2 * _FEW and measure_alike(set(units.values()))
        doubt = f"its numbers have several units: {' and '.join(sorted(units.values())[:3])}" if alike else ""
        return Finding(None, strays, amounts.total if alike else 0, amounts.different, doubt)
    unit = next(iter(_common(units, amounts).values()), "")
    wrong = [text for text, one in amounts.found.items() if one.unit and unit_key(one.unit) != unit_key(unit)]
    amounts = amounts.without(wrong)
    if not amounts.total or not _is_plausible(amounts, unit):
        return Finding()
    thousands, decimal, others = _marks(file, column, amounts)
    amounts = amounts.without(others)
    strays |= {text: rest[text] for text in (*wrong, *others)}
    form = CellFormat(
        unit=unit,
        thousands=thousands,
        decimal=decimal,
        scales=any(one.scale != 1 for one in amounts.found.values()),
        bounds=any(one.bound for one in amounts.found.values()),
        missing=sorted(words),
    )
    doubt = _doubt(amounts, unit)
    return Finding(form, strays, amounts.total, amounts.different, doubt, _odd(amounts, words, unit))


def _units(amounts: _Amounts) -> dict[str, str]:
    """Return the units of the column, as written in its first cell of each."""
    found: dict[str, str] = {}
    for one in amounts.found.values():
        if one.unit:
            found.setdefault(unit_key(one.unit), one.unit)
    return found


def _common(units: Mapping[str, str], amounts: _Amounts) -> dict[str, str]:
    """Return the units that are not rare: that a twentieth of the cells have, and for a single unit half of them."""
    counts: Counter[str] = Counter()
    for text, one in amounts.found.items():
        if one.unit:
            counts[unit_key(one.unit)] += amounts.counts[text]
    least = amounts.total * (_LEAST_MOST if len(units) == 1 else 0.05)
    return {key: unit for key, unit in units.items() if counts[key] >= least}


def _is_plausible(amounts: _Amounts, unit: str) -> bool:
    """Return whether the cells are rather numbers than names with digits, such as 2WD, 1st, 3+ and <=50K."""
    found = amounts.found.values()
    few = amounts.different <= _FEW
    if unit and not is_currency(unit) and not _is_unit(unit, glued=any(one.glued for one in found), few=few):
        return False
    if few and not is_currency(unit) and any(one.scale in (1e3, 1e6, 1e9) for one in found):
        return False
    if few and found and not len(amounts.values) and all(one.negative == "()" for one in found):
        return False
    behind = any(one.negative == "3-" for one in found)
    return not (behind and (few or any(one.bound == "+" for one in found))) and _are_bounds_rare(amounts)


def _is_unit(unit: str, *, glued: bool, few: bool) -> bool:
    """Return whether a text behind numbers is rather a unit than part of a name, such as WD in 2WD."""
    if glued:
        return is_measure(unit) and not (few and len(unit) == 1 and unit.isalpha())
    return is_measure(unit) or not few or not unit[0].isalpha() or unit[0].islower()


def _are_bounds_rare(amounts: _Amounts) -> bool:
    """Return whether there are enough numbers besides bounds such as <5; 1,000+ in all cells are numbers as well."""
    bounds = {text: one.bound for text, one in amounts.found.items() if one.bound}
    if not bounds:
        return True
    if len(bounds) == len(amounts.found) and not len(amounts.values):
        return set(bounds.values()) == {"+"} and len(bounds) > _FEW
    return amounts.count(bounds) <= amounts.total / 2 and amounts.different > _FEW


def _marks(file: CsvFile, column: Column, amounts: _Amounts) -> tuple[Thousands, Decimal, list[str]]:
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


def _doubt(amounts: _Amounts, unit: str) -> str:
    """Return why the numbers of a column of percentages may mean different things."""
    if unit != "%":
        return ""
    bare = [one.value("", ".") or 0.0 for one in amounts.found.values() if not one.unit]
    values = np.abs(np.concatenate([amounts.values, bare]))
    small = ((values <= 1) & (values != 0)).any()
    return "some of its cells have % and others, below 1, do not" if small else ""


def _odd(amounts: _Amounts, words: Mapping[str, int], unit: str) -> dict[str, int]:
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
