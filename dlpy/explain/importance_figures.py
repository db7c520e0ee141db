"""Figures of importances: bars with whiskers for columns, and a curve over the lag for windows of a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, ORANGE, full_name, new_figure
from dlpy.explain.importance import Importance, Importances
from dlpy.explain.lags import Span

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
    axes.set_xlabel(caption(drop_label(found), 90))
    return figure


def _bars(axes: Axes, shown: Sequence[Importance], *, is_column: bool = False) -> None:
    deviations = [0.0 if np.isnan(one.deviation) else one.deviation for one in shown]
    colours = [ORANGE if one.is_input else BLUE for one in shown]
    whiskers = {"ecolor": "black", "elinewidth": 1, "capsize": 2.5}
    means = [one.mean for one in shown]
    axes.barh(range(len(shown)), means, xerr=deviations, color=colours, height=0.6, error_kw=whiskers)
    names = [caption(f"{one.name} (input)" if one.is_input and not is_column else one.name, 36) for one in shown]
    axes.set_yticks(range(len(shown)), names)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.grid(visible=False, axis="y")


def drop_label(found: Importances) -> str:
    """Return the label of an axis of importances."""
    unit = f" in {found.of.unit}" if found.of.unit else ""
    change = "decrease" if found.of.direction == "max" else "increase"
    return f"{change} of {full_name(found.of.key)}{unit} when shuffled (now {found.score:.4g})"


def lag_figure(found: Importances, spans: Sequence[Span], title: str, label: str) -> Figure:
    """Return the importance of spans of lags, and bars of the columns if there are several.

    Args:
        found: as columns the spans, as inputs the columns of the series.
        spans: the oldest first.
        label: of the axis of the lags.
    """
    bars = found.inputs[:MOST_BARS]
    heights = [3.0, 0.3 * len(bars) + 0.6] if bars else [3.0]
    figure = new_figure(title, 8, sum(heights) + 0.6 * len(heights))
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    axes = figure.add_subplot(grid[0])
    by_name = {one.name: one for one in found.columns}
    own = [by_name[span.name] for span in spans]
    middles = [(span.first + span.last) / 2 for span in spans]
    whiskers = np.nan_to_num([one.deviation for one in own])
    means = [one.mean for one in own]
    axes.errorbar(middles, means, yerr=whiskers, color=BLUE, marker="o", markersize=3, capsize=2.5, elinewidth=1)
    axes.axhline(0, color="black", linewidth=0.8)
    if spans[0].first > spans[-1].last:  # lags: the past stands left
        axes.invert_xaxis()
    axes.set_xlabel(caption(f"{label}; whiskers: standard deviation of {len(own[0].drops)} shuffles", 80))
    axes.set_ylabel("importance")
    axes.set_title(caption(drop_label(found), 90), fontsize=8, color=GREY)
    if bars:
        below = figure.add_subplot(grid[1])
        _bars(below, bars, is_column=True)
        below.set_xlabel("importance of a column at all steps")
    return figure
