"""Figures of partial dependence, and of what the columns of a row contribute to its prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, ORANGE, new_figure, panels
from dlpy.explain.columns import Column
from dlpy.explain.dependence import Dependence
from dlpy.explain.shapley import Contributions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROWS = 40  # single rows that are drawn behind the mean
_MOST_BARS = 25


def dependence_figure(found: Sequence[Dependence], title: str) -> Figure:
    """Return a panel for each column: the mean prediction by its value, some single rows, and what the rows hold."""
    across = min(2, len(found))
    figure = new_figure(title, 4.2 * across + 0.6 * (across == 1), 3.2 * -(-len(found) // across) + 0.5)
    for axes, one in zip(panels(figure, len(found), across), found, strict=True):
        (_categories if one.column.kind == "category" else _numbers)(axes, one)
        axes.set_xlabel(caption(one.column.label, 40))
        axes.set_ylabel(caption(one.quantity.name, 40))
    figure.supxlabel("blue: mean; gray: single rows; orange: distribution of the values", fontsize=8, color=GREY)
    return figure


def _numbers(axes: Axes, found: Dependence) -> None:
    values, cells = found.values.astype(np.float64), found.cells.astype(np.float64)
    if found.column.kind == "date":
        values, cells = (_as_dates(seconds) for seconds in (values, cells))
    chosen = np.linspace(0, len(found.curves) - 1, min(_ROWS, len(found.curves))).astype(int)
    axes.plot(values, found.curves[chosen].T, color=GREY, linewidth=0.4, alpha=0.35)
    axes.plot(values, found.mean, color=BLUE, marker="o", markersize=3)
    spread = axes.twinx()
    known = cells[~np.isnan(cells)]
    inside = known[(known >= values.min()) & (known <= values.max())] if len(values) else known
    spread.hist(inside, bins=30, color=ORANGE, alpha=0.25)
    _keep_low(spread)


def _as_dates(seconds: np.ndarray) -> np.ndarray:
    """Return seconds since 1970 as matplotlib's dates: days since 1970."""
    return seconds / 86_400


def _categories(axes: Axes, found: Dependence) -> None:
    places = np.arange(len(found.values))
    chosen = np.linspace(0, len(found.curves) - 1, min(_ROWS, len(found.curves))).astype(int)
    for curve in found.curves[chosen]:
        axes.plot(places, curve, "_", color=GREY, markersize=6, alpha=0.35)
    axes.plot(places, found.mean, "o", color=BLUE)
    names = [caption(str(value) or "(missing)", 16) for value in found.values]
    axes.set_xticks(places, names, rotation=30 if len(names) > 4 else 0, ha="right" if len(names) > 4 else "center")
    spread = axes.twinx()
    spread.bar(places, found.counts, color=ORANGE, alpha=0.25, width=0.6)
    _keep_low(spread)


def _keep_low(spread: Axes) -> None:
    """Keep the distribution of the values in the lowest quarter of a panel."""
    spread.set_ylim(0, 4 * max(1.0, spread.get_ylim()[1]))
    spread.set_yticks([])
    spread.grid(visible=False)


def contributions_figure(found: Contributions, columns: Sequence[Column], cells: Sequence[str], title: str) -> Figure:
    """Return bars of what each column of a row contributes to its prediction, with standard errors.

    Args:
        cells: what the row holds in each column.
    """
    order = np.argsort(-np.abs(found.values), kind="stable")[:_MOST_BARS]
    names = [caption(f"{columns[place].label} = {cells[place]}", 44) for place in order]
    values, errors = found.values[order], np.nan_to_num(found.errors[order])
    left = len(found.values) - len(order)
    if left:
        rest = np.setdiff1d(np.arange(len(found.values)), order)
        names.append(f"{left:,} other columns")
        values, errors = np.append(values, found.values[rest].sum()), np.append(errors, 0.0)
    figure = new_figure(title, 8, 0.32 * len(names) + 1.7)
    axes = figure.add_subplot()
    colours = [BLUE if value >= 0 else ORANGE for value in values]
    axes.barh(range(len(names)), values, xerr=errors, color=colours, height=0.6, error_kw={"capsize": 2.5})
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("contribution to the prediction (whiskers: standard error)")
    ends = f"mean prediction {found.mean:.5g}", f"prediction {found.prediction:.5g}"
    note = f"{ends[0]}, contributions {found.values.sum():+.5g}, {ends[1]}"
    axes.set_title(caption(note, 110), fontsize=8, color=GREY)
    return figure
