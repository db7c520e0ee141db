"""Finds the decimal mark and the thousands mark of a table, over all cells of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

import numpy as np

from dlpy.data.tables.bodies import Body, Odd, Parsed
from dlpy.data.tables.headers import looks_numeric
from dlpy.data.tables.table_format import AUTO, TableFormat, marked_number

_MISSING = frozenset(("", "NA", "N/A", "NaN", "nan", "null", "None", "?", "-"))
_PEEK = 50  # cells
_MOSTLY = 0.9  # of the cells of a column of numbers
_SPACES = " \u00a0\u202f"
_QUOTES = "'\u2019"
_GROUP = rf"[.{_SPACES}{_QUOTES}]"
_DECIMAL_COMMA = re.compile(
    rf"[+-]?(?:[0-9]{{1,3}}(?:{_GROUP}[0-9]{{3}})+|[0-9]*),[0-9]+(?:[eE][+-]?[0-9]+)?|[+-]?[0-9]{{1,3}}(?:\.[0-9]{{3}}){{2,}}"
)
_GROUPED_BY_COMMA = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_GROUPED_BY_DOT = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_GROUPED = re.compile(rf"[+-]?[0-9]{{1,3}}([.,{_SPACES}{_QUOTES}])[0-9]{{3}}")

Numbers: TypeAlias = "tuple[np.ndarray, list[Odd]]"


def has_comma(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a column has decimal commas, such as 1,5, in some rows."""
    columns = [Odd([], [cell for cell in column if "," in cell]) for column in zip(*rows, strict=False)]
    return any(_is_promising(column) and _vote(column) == "," for column in columns)


def with_marks(body: Body, form: TableFormat, *, comma: bool = False) -> tuple[Body, TableFormat, list[str]]:
    """Return a body whose numbers are parsed with the marks that fit all columns, the format with them, and notes.

    Marks that the format gives hold; others are looked for. A table whose columns disagree is read as if it had none.

    Args:
        comma: whether the first rows have decimal commas, so that these are tried first.
    """
    if AUTO not in (form.decimal, form.thousands):
        return body.with_decimal(form.decimal), form, []
    body, decimal, numbers, notes = _parsed(body, form, comma and form.thousands != ",")
    thousands = _thousands_of(numbers[1], decimal) if form.thousands == AUTO else form.thousands
    return Parsed(body, numbers), replace(form, decimal=decimal, thousands=thousands), notes


def _parsed(body: Body, form: TableFormat, comma: bool) -> tuple[Body, str, Numbers, list[str]]:
    """Return the body with its decimal mark, the mark, the numbers, and notes."""
    if form.decimal != AUTO:
        body = body.with_decimal(form.decimal)
        return body, form.decimal, body.numbers(), []
    if comma:
        by_comma = body.with_decimal(",")
        numbers = by_comma.numbers()
        if not _has_dots(numbers[1]):
            return by_comma, ",", numbers, []
    numbers = body.numbers()
    decimal, notes = _decimal_of(body, numbers, form)
    if decimal == ".":
        return body, decimal, numbers, notes
    body = body.with_decimal(decimal)
    return body, decimal, body.numbers(), notes


def _decimal_of(body: Body, numbers: Numbers, form: TableFormat) -> tuple[str, list[str]]:
    """Return the decimal mark, and a note if the cells do not tell."""
    values, odd = numbers
    promising = [place for place, column in enumerate(odd) if _is_promising(column)]
    votes = {place: _vote(odd[place]) for place in promising}
    if form.thousands == "," or "." in votes.values() or not ({",", "?"} & set(votes.values())):
        return ".", []
    rest = [place for place in range(len(odd)) if place not in promising]
    if _has_decimal_dots(body, values, odd, rest):
        return ".", []
    if "," in votes.values():
        return ",", []
    doubtful = [place for place, vote in votes.items() if vote == "?"]
    plain = np.concatenate([_plain(values[:, place], odd[place]) for place in doubtful])
    if len(plain):  # 950 beside 1,234: from a thousand on, numbers have a mark
        return ("." if np.abs(plain).max() < 1000 else ","), []
    example = next(text for text in odd[doubtful[0]].texts if text not in _MISSING)
    if form.delimiter == ",":
        return ".", [f"'{example}' is read as {example.replace(',', '')}: set decimal: \",\" if it is a decimal comma"]
    return ",", [f"'{example}' is read as {example.replace(',', '.')}: set thousands: \",\" if it is a thousands mark"]


def _vote(column: Odd) -> str:
    """Return the decimal mark of a column; "?" if all cells are like 1,234, "" if they have neither mark."""
    found = ""
    for text in _given(column):
        comma, grouped = _DECIMAL_COMMA.fullmatch(text), _GROUPED_BY_COMMA.fullmatch(text)
        if comma and not grouped:
            return ","
        if grouped and not comma:
            return "."
        found = "?" if comma else found
    return found


def _thousands_of(odd: Sequence[Odd], decimal: str) -> str | None:
    """Return the thousands mark of the columns that have one; None if there is none, or if they disagree."""
    found = {mark for column in odd if _is_promising(column) and (mark := _thousands_mark(column, decimal))}
    return found.pop() if len(found) == 1 else None


def _thousands_mark(column: Odd, decimal: str) -> str | None:
    """Return the mark with which most cells are numbers.

    Spaces and apostrophes only count if the number of groups varies or is small, unlike in telephone numbers.
    """
    texts = list(_given(column))
    first = next((found[1] for text in texts if (found := _GROUPED.match(text))), None)
    mark = " " if first and first in _SPACES else "'" if first and first in _QUOTES else first
    if mark in (None, decimal):
        return None
    matching = [text for text in texts if marked_number(text, decimal, mark) is not None]
    if len(matching) < _MOSTLY * len(texts):
        return None
    groups = {len(re.findall(rf"[{_SPACES}{_QUOTES}]", text)) for text in matching}
    return mark if mark in (".", ",") or groups <= {0, 1} or len(groups) > 1 else None


def _given(column: Odd) -> Iterator[str]:
    return (text for text in column.texts if text not in _MISSING)


def _is_promising(column: Odd) -> bool:
    """Return whether the first cells that are not plain decimals look like numbers with marks."""
    peek = list(islice(_given(column), _PEEK))
    return bool(peek) and sum(map(_is_marked, peek)) >= _MOSTLY * len(peek)


def _is_marked(text: str) -> bool:
    text = re.sub(rf"[{_SPACES}]", " ", text).replace("\u2019", "'")
    return any(mark in text for mark in ",.' ") and (looks_numeric(text) or bool(_DECIMAL_COMMA.fullmatch(text)))


def _has_dots(odd: Sequence[Odd]) -> bool:
    """Return whether, in a table parsed with decimal commas, a column holds decimals with dots."""
    texts = (text for column in odd if _is_promising(column) for text in _given(column))
    dots = (text for text in texts if "." in text and looks_numeric(text) and not _GROUPED_BY_DOT.fullmatch(text))
    return any(not _DECIMAL_COMMA.fullmatch(text) for text in dots)


def _plain(values: np.ndarray, odd: Odd) -> np.ndarray:
    """Return the numbers of a column that have no marks."""
    return np.delete(values, odd.rows)


def _has_decimal_dots(body: Body, values: np.ndarray, odd: Sequence[Odd], columns: list[int]) -> bool:
    """Return whether a column holds decimals with dots that do not group thousands."""
    broken = [place for place in columns if (_plain(values[:, place], odd[place]) % 1 > 0).any()]
    texts = (text for place in broken for text in body.texts([place])[0])
    return any("." in text and looks_numeric(text) and not _GROUPED_BY_DOT.fullmatch(text) for text in texts)
