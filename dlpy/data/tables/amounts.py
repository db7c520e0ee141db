"""Numbers in cells with a sign, a unit or a mark around them: $1,234.50, 62.9%, 12 kg, (3.2), <0.1, 1.5M."""

from __future__ import annotations

import math
import re
from typing import Literal, NamedTuple

from dlpy.data.tables.units import CURRENCIES, SCALES, is_currency, unit_key

_LONGEST = 48  # characters of a cell that may be a number
_BEFORE = "|".join(
    re.escape(name) + (r"(?= )" if name.isalpha() and len(name) < 3 and name.isascii() and name != "Rs" else "")
    for name in sorted(CURRENCIES, key=len, reverse=True)
)
_CELL = re.compile(
    rf"(?P<bound>[<>≤≥]=? ?)?(?P<open>\()?(?P<sign>[+-])? ?(?:(?P<before>{_BEFORE}) ?)?(?P<inner>\(|[+-])?"
    r"(?P<digits>\d(?:[\d.,' ]*\d)?\.?|[.,]\d+)(?P<exponent>[eE][+-]?\d{1,3})?(?P<plus>\+)?"
    r"(?P<space> ?)(?P<unit>[^\W\d_][^\d\s()<>+]*(?: [^\d\s()<>+-]+)?|[^\w\s.,'()<>+-][^\d\s()<>+,-]*)??"
    r"(?P<minus>-)?(?P<close>\)?)(?P<last>\+)?"
)
_ALIKE = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "＄": "$"})
_NO_CENTS = re.compile(r"(?<=\d)[.,]-{1,2}$")  # CHF 12.-
_GROUPED = {mark: rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{2,3}})*{re.escape(mark)}\d{{3}}" for mark in ",. '"}
Thousands = Literal["", ",", ".", " ", "'"]
Decimal = Literal[".", ","]
MARKS: tuple[tuple[Thousands, Decimal], ...] = (
    ("", "."),
    (",", "."),
    (" ", "."),
    ("'", "."),
    (".", ","),
    (" ", ","),
    ("'", ","),
    ("", ","),
)
"""(mark of thousands, decimal mark) in the order in which they are tried on a column."""
_SHAPES = {
    (thousands, decimal): re.compile(
        rf"(?:{f'{_GROUPED[thousands]}|' if thousands else ''}\d+)?(?:{re.escape(decimal)}\d*)?", re.ASCII
    )
    for thousands, decimal in MARKS
}


class Amount(NamedTuple):
    """The parts of a number in a cell.

    digits: with its marks of thousands and decimals. unit: as written; "" without one. scale: 1000 for K. negative:
    "" or how that is written: "-", "()" or "3-". bound: "", or the mark of a bound such as <. glued: whether the unit
    stands behind the digits without a space.
    """

    digits: str
    exponent: str = ""
    unit: str = ""
    scale: float = 1.0
    negative: str = ""
    bound: str = ""
    glued: bool = False

    def value(self, thousands: Thousands, decimal: Decimal) -> float | None:
        """Return the number, given the marks of its column; None if it is written otherwise."""
        if not _SHAPES[thousands, decimal].fullmatch(self.digits):
            return None
        plain = self.digits.replace(thousands, "") if thousands else self.digits
        size = float(f"{plain.replace(decimal, '.')}{self.exponent}") * self.scale
        if not math.isfinite(size):
            return None
        return -size if self.negative else size


def tidy(text: str) -> str:
    """Return a cell with the usual characters for minus signs, spaces and apostrophes."""
    text = text if text.isascii() else text.translate(_ALIKE).strip()
    return _NO_CENTS.sub("", text) if text.endswith("-") else text


def amount_of(text: str) -> Amount | None:
    """Return the number in a cell with all that is around it, or None if it is not a number."""
    if len(text) > _LONGEST:
        return None
    found = _CELL.fullmatch(tidy(text))
    if found is None or bool(found["open"] or found["inner"] == "(") != bool(found["close"]):
        return None
    signs = [mark for mark in (found["sign"], found["inner"], found["minus"]) if mark]
    if len(signs) + bool(found["open"]) > 1 or (found["unit"] or "").endswith(("-", " ")):
        return None
    behind, scale = _scaled(found["unit"] or "", spaced=bool(found["space"]), money=bool(found["before"]))
    if found["before"] and behind:
        return None
    return Amount(
        found["digits"],
        found["exponent"] or "",
        found["before"] or behind,
        scale,
        _negative(found),
        (found["bound"] or "").strip() or ("+" if found["plus"] or found["last"] else ""),
        glued=bool(behind) and not found["space"],
    )


def _negative(found: re.Match[str]) -> str:
    if found["close"]:
        return "()"
    return "3-" if found["minus"] else "-" if "-" in (found["sign"], found["inner"]) else ""


def _scaled(unit: str, *, spaced: bool, money: bool) -> tuple[str, float]:
    """Return the unit behind a number without the scale in front of it, such as K or million, and the scale."""
    first, _, rest = unit.partition(" ")
    scale = SCALES.get(first.lower())
    if scale is None:
        return unit, 1.0
    letter = len(first) == 1
    certain = money or is_currency(rest) or not letter
    if certain or (not spaced and first in ("K", "k", "M", "B")):
        return rest, scale
    return unit, 1.0


def same_unit(one: str, other: str) -> bool:
    """Return whether two units are the same, such as lb and lbs."""
    return unit_key(one) == unit_key(other)
