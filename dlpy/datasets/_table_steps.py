"""The transforms of a table of csv, in the order in which they make sense."""

from __future__ import annotations

from collections.abc import Sequence

from dlpy.components.transform import Transform
from dlpy.transforms.date_parts import DateParts
from dlpy.transforms.fill_missing import FillMissing, Rule
from dlpy.transforms.missing_indicators import MissingIndicators
from dlpy.transforms.tabulate import Tabulate


def table_steps(
    transforms: Sequence[Transform], missing: Rule | dict[str, Rule], *, has_dates: bool
) -> list[Transform]:
    """Return the transforms of a table, including those that it needs.

    Missing cells are marked before they are filled, and dates become numbers before other transforms change them; then
    follow the transforms as they are listed, and `tabulate` unless it is one of them.
    """
    early = [one for one in transforms if isinstance(one, MissingIndicators)]
    filling = [] if missing == "error" else [FillMissing(rule=missing)]
    dates = [one for one in transforms if isinstance(one, DateParts)] or ([DateParts()] if has_dates else [])
    others = [one for one in transforms if not isinstance(one, MissingIndicators | DateParts)]
    last = [] if any(isinstance(one, Tabulate) for one in others) else [Tabulate()]
    return [*early, *filling, *dates, *others, *last]
