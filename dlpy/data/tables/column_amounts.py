"""The numbers in the cells of a column, with their units, and whether they are rather names with digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dlpy.data.tables.amounts import Amount
from dlpy.data.tables.units import is_currency, is_measure, unit_key

FEW = 10  # fewer distinct numbers with a single letter behind them may be names, such as 2D and 3D
LEAST_SHARE = 0.5  # of the cells of a column of numbers


@dataclass(frozen=True)
class Amounts:
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

    def without(self, texts: Iterable[str]) -> Amounts:
        gone = set(texts)
        return Amounts({text: one for text, one in self.found.items() if text not in gone}, self.counts, self.values)


def units_of(amounts: Amounts) -> dict[str, str]:
    """Return the units of the column, as written in its first cell of each."""
    found: dict[str, str] = {}
    for one in amounts.found.values():
        if one.unit:
            found.setdefault(unit_key(one.unit), one.unit)
    return found


def common_units(units: Mapping[str, str], amounts: Amounts) -> dict[str, str]:
    """Return the units that are not rare: that a twentieth of the cells have, and for a single unit half of them."""
    counts: Counter[str] = Counter()
    for text, one in amounts.found.items():
        if one.unit:
            counts[unit_key(one.unit)] += amounts.counts[text]
    least = amounts.total * (LEAST_SHARE if len(units) == 1 else 0.05)
    return {key: unit for key, unit in units.items() if counts[key] >= least}


def is_plausible(amounts: Amounts, unit: str) -> bool:
    """Return whether the cells are rather numbers than names with digits, such as 2WD, 1st, 3+ and <=50K."""
    found = amounts.found.values()
    few = amounts.different <= FEW
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


def _are_bounds_rare(amounts: Amounts) -> bool:
    """Return whether there are enough numbers besides bounds such as <5; 1,000+ in all cells are numbers as well."""
    bounds = {text: one.bound for text, one in amounts.found.items() if one.bound}
    if not bounds:
        return True
    if len(bounds) == len(amounts.found) and not len(amounts.values):
        return set(bounds.values()) == {"+"} and len(bounds) > FEW
    return amounts.count(bounds) <= amounts.total / 2 and amounts.different > FEW
