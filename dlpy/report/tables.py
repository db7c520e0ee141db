"""Tables and lists of a report, and how numbers are written in them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from dlpy.core.errors import shortened
from dlpy.report.markup import Markup, element, joined

MOST_ROWS = 200  # of a table; a longer one says how many rows are left out
_LONGEST = 500  # characters of a cell


def number(value: float | None) -> str:
    """Return a score with four decimals, fewer if it is large; a dash if it is undefined."""
    if value is None or not math.isfinite(value):
        return "-"
    size = abs(value)
    if size and (size < 0.001 or size >= 1e6):
        return f"{value:.4g}"
    return f"{value:,.2f}" if size >= 100 else f"{value:.4f}"


def shown_value(value: Any) -> str:
    """Return the value of an option as it is written in an experiment file."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def interval_text(ends: tuple[float | None, float | None]) -> str:
    """Return an interval such as "0.8123 to 0.8345", or a dash if it is undefined."""
    low, high = map(number, ends)
    return "-" if "-" in (low, high) else f"{low} to {high}"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *, numeric: Iterable[int] = ()) -> Markup:
    """Return a table that scrolls sideways where it is too wide; the first cell of each row is its header.

    Args:
        caption: what the table shows.
        heads: of the columns.
        rows: the cells: texts, or Markup.
        numeric: the columns whose cells are aligned right.
    """
    listed, right = list(rows), set(numeric)
    shown = [_row(cells, right) for cells in listed[:MOST_ROWS]]
    left_out = len(listed) - len(shown)
    note = f"{caption} (first {MOST_ROWS} of {len(listed):,} rows)" if left_out else caption
    titles = [element("th", head, scope="col", class_=_side(place, right)) for place, head in enumerate(heads)]
    content = [element("caption", note), element("thead", element("tr", *titles)), element("tbody", *shown)]
    return element("div", element("table", *content), class_="scroll", tabindex="0", role="region", aria_label=note)


def pairs(rows: Iterable[tuple[str, Any]]) -> Markup:
    """Return a list of names with their values; those without a value are left out."""
    kept = [(name, value) for name, value in rows if value not in (None, "")]
    return element("dl", *(joined((element("dt", name), element("dd", _cell(value)))) for name, value in kept))


def _row(cells: Sequence[Any], right: set[int]) -> Markup:
    first, *others = cells
    data = [element("td", _cell(cell), class_=_side(place, right)) for place, cell in enumerate(others, start=1)]
    return element("tr", element("th", _cell(first), scope="row"), *data)


def _side(place: int, right: set[int]) -> str | None:
    return "number" if place in right else None


def _cell(value: Any) -> Any:
    return value if isinstance(value, Markup) else shortened(str(value), _LONGEST)
