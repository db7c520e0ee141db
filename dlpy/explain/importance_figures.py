"""Figures of importances: bars with whiskers for columns, and a curve over the lag for windows of a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, ORANGE, full_name, new_figure
from dlpy.explain.importance import Importance, Importances

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BARS = 40


def importance_figure(found: Importances, title: str, rows: str) -> Figure:
    """Return bars of the importance of inputs and columns, with the standard deviation between the shuffles."""
    shown = [*found.inputs, *found.columns][: MOST_BARS + len(found.inputs)]
    figure = new_figure(title, 8, 0.3 * len(shown) + 1.9)
    axes = figure.add_subplot()
    _bars(axes, shown)
    left = len(found.found) - len(shown)
    note = f"{rows}; whiskers: standard deviation of {len(shown[0].drops)} shuffles"
    note += f"; {left:,} less important columns are not shown" if left else ""
    axes.set_title(caption(note, 110), fontsize=8, color=GREY)
    axes.set_xlabel(drop_label(found))
    return figure


def _bars(axes: Axes, shown: Sequence[Importance]) -> None:
    deviations = [0.0 if np.isnan(one.deviation) else one.deviation for one in shown]
    colours = [ORANGE if one.is_input else BLUE for one in shown]
    whiskers = {"ecolor": "black", "elinewidth": 1, "capsize": 2.5}
    means = [one.mean for one in shown]
    axes.barh(range(len(shown)), means, xerr=deviations, color=colours, height=0.6, error_kw=whiskers)
    names = [caption(f"{one.name} (input)" if one.is_input else one.name, 36) for one in shown]
    axes.set_yticks(range(len(shown)), names)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.grid(visible=False, axis="y")


def drop_label(found: Importances) -> str:
    """Return the label of an axis of importances."""
    unit = f" in {found.of.unit}" if found.of.unit else ""
    change = "decrease" if found.of.direction == "max" else "increase"
    return caption(f"{change} of {full_name(found.of.key)}{unit} when shuffled (now {found.score:.4g})", 90)


def lag_figure(found: Importances, lags: Sequence[tuple[float, float]], title: str, unit: str) -> Figure:
    """Return the importance of spans of lags, and bars of the columns if there are several.

    Args:
        found: as columns the spans in the order of `lags`, as inputs the columns of the series.
        lags: the first and the last lag of each span.
        unit: of the lags.
    """
    several = len(found.inputs) > 1
    figure = new_figure(title, 8, 3.4 + (0.3 * len(found.inputs[:MOST_BARS]) + 1.2) * several)
    heights = [3.0, 0.3 * len(found.inputs[:MOST_BARS]) + 0.6] if several else [1.0]
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    axes = figure.add_subplot(grid[0])
    by_name = {one.name: one for one in found.columns}
    spans = list(by_name.values())
    middles = np.array([(first + last) / 2 for first, last in lags])
    means = np.array([one.mean for one in spans])
    deviations = np.nan_to_num(np.array([one.deviation for one in spans]))
    axes.errorbar(middles, means, yerr=deviations, color=BLUE, marker="o", markersize=3, capsize=2.5, elinewidth=1)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.invert_xaxis()  # the past stands left
    axes.set_xlabel(caption(f"lag in {unit}"))
    axes.set_ylabel(caption(f"importance ({found.of.name})"))
    axes.set_title(drop_label(found), fontsize=8, color=GREY)
    if several:
        below = figure.add_subplot(grid[1])
        _bars(below, found.inputs[:MOST_BARS])
        below.set_xlabel("importance of all lags of a column")
    return figure
