"""Detection of numbers with symbols around them: $62.88, 62.9%, 1,234.5, 12 kg, or a dash for a missing number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dlpy.data.tables.decimals import number

_AROUND = re.compile(r"[$€£¥₹₽₩¢%‰°]|^[<>]=?(?=[\d.])|\b(?:USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD)\b", re.IGNORECASE)
_DASHES = frozenset(("-", "--", "---", "–", "—", "−", ".", "..", "*"))
_BETWEEN = re.compile(r"(?<=\d)[ \u00a0\u202f'’](?=\d{3}(?!\d))")  # thousands separators
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_POINTS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d*|[+-]?\d{1,3}(?:\.\d{3}){2,}")
_UNIT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)) ?([a-zµμ²³/]{1,6})", re.IGNORECASE)
_NEARLY = 0.95
_MOST_STRAY = 0.1
_MANY = 20  # distinct numbers: fewer may be categories with names like 2WD
_MOST_UNITS = 3


@dataclass(frozen=True)
class SignedNumbers:
    """The problem of a nearly numeric column, and rows with examples."""

    rows: list[int]
    plain: float | None  # the first example as a plain number
    only: str | None  # the text used for a missing number, if that is the only problem


def plain(text: str) -> tuple[float, str] | None:
    """Return the number in a text without the symbols around it, and its unit, or None."""
    bare = _BETWEEN.sub("", _AROUND.sub("", text.replace("\u2212", "-").replace("\u2013", "-")).strip())
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"  # accountants' notation for negative numbers
    bare = f"-{bare[:-1]}" if bare.endswith("-") else bare
    found = _UNIT.fullmatch(bare)
    bare, unit = (found[1], found[2].lower()) if found else (bare, "")
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    elif _POINTS.fullmatch(bare) or (bare.count(",") == 1 and "." not in bare):
        bare = bare.replace(".", "").replace(",", ".")
    value = number(bare)
    return None if value is None else (value, unit)


def look(cells: Sequence[str], missing: Sequence[str]) -> SignedNumbers | None:
    """Return the problem of a nearly numeric column; None if it is not nearly numeric or all its numbers are plain.

    Args:
        cells: the column.
        missing: texts that mark a missing cell.
    """
    given = Counter(cell for cell in cells if cell not in missing)
    kinds = {text: _kind(text) for text in given}
    counts: Counter[str] = Counter()
    for text, count in given.items():
        counts[kinds[text]] += count
    if not _is_near(counts, sum(kind != "dash" for kind in kinds.values())):
        return None
    first = {cell: row for row, cell in reversed(list(enumerate(cells))) if kinds.get(cell, "plain") != "plain"}
    shown = sorted(first.values(), key=lambda row: (kinds[cells[row]] in ("dash", "word"), row))
    found = plain(cells[shown[0]])
    strange = [text for text, kind in kinds.items() if kind != "plain"]
    only = strange[0] if len(strange) == 1 and kinds[strange[0]] in ("dash", "word") else None
    return SignedNumbers(shown[:3], None if found is None else found[0], only)


def _kind(text: str) -> str:
    """Return the kind of a cell: plain, dash, signed, word, or the unit after its number."""
    if number(text) is not None:
        return "plain"
    if text in _DASHES:
        return "dash"
    found = plain(text)
    return "word" if found is None else found[1] or "signed"


def _is_near(counts: Counter[str], different: int) -> bool:
    """Return whether a column is nearly numeric, given the counts by kind and the number of distinct cells."""
    units = set(counts) - {"plain", "dash", "signed", "word"}
    worded = counts.total() - counts["dash"]
    numbers = worded - counts["word"]
    many = different > _MANY
    if not numbers or counts["plain"] == counts.total() or (units and not (many and len(units) <= _MOST_UNITS)):
        return False
    if counts["signed"] or counts["dash"] or units:
        return numbers >= _NEARLY * worded or (many and numbers >= (1 - _MOST_STRAY) * worded)
    return many and numbers >= (1 - _MOST_STRAY) * worded
