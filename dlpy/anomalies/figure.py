"""The figure of series with their forecasts, scores and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlpy.anomalies.score import Scored
from dlpy.core.captions import caption
from dlpy.data.rows import TRUTH, series_of
from dlpy.drawing.figures import BLUE, GREY, ORANGE, legend_below, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TRUTH = "#E69F00"
_MOST = 4  # series


def anomaly_figure(scored: Scored, title: str, unit: str) -> Figure:
    """Return the values and forecasts of each series above its scores, with flagged rows marked.

    Of many series, the first ones are drawn.

    Args:
        scored: the rows.
        title: of the figure.
        unit: of the values.
    """
    series = list(series_rows(scored).items())
    drawn = min(_MOST, len(series))
    left_out = f" ({len(series) - drawn:,} more series are not drawn)" if len(series) > drawn else ""
    figure = new_figure(f"{title}{left_out}", 10, 1.5 + 4 * drawn)
    every = figure.subplots(2 * drawn, 1, sharex=True, height_ratios=[2, 1] * drawn)
    for (name, rows), above, below in zip(series, every[::2], every[1::2], strict=False):
        above.set_title(caption(name) if name else "", loc="left")
        above.set_ylabel(caption(unit) if unit else "value")
        _draw(scored, rows, above, below)
    every[-1].set_xlabel("time" if "time" in scored.rows.columns else "row")
    legend_below(figure)
    return figure


def series_rows(scored: Scored) -> dict[str, np.ndarray]:
    """Return the positions of the rows of each series by its name, "" where there is one alone."""
    names = series_of(scored.rows)
    if names is None:
        return {"": np.arange(len(scored.rows))}
    return {name: np.flatnonzero(names == name) for name in np.unique(names).tolist()}


def _draw(scored: Scored, rows: np.ndarray, above: Axes, below: Axes) -> None:
    """Draw the rows of one series."""
    x, flagged = _places(scored)[rows], rows[scored.flags[rows]]
    above.plot(x, scored.prediction[rows, 0], color=GREY, linewidth=1, label="forecast")
    above.plot(x, scored.value[rows, 0], color=BLUE, linewidth=1, label="value")
    above.plot(
        _places(scored)[flagged],
        scored.value[flagged, 0],
        "o",
        color=ORANGE,
        markersize=4,
        label=caption(f"flagged ({scored.flags.sum():,})"),
    )
    below.plot(x, scored.score[rows], color=BLUE, linewidth=0.8)
    limit = scored.limits.limit
    below.axhline(limit, color=ORANGE, linewidth=1, label=caption(f"limit {limit:.2f}"))
    below.set_ylabel("score")
    if TRUTH in scored.rows.columns:
        _shade(above, x, scored.rows.columns[TRUTH][rows].astype(bool))


def _places(scored: Scored) -> np.ndarray:
    if "time" in scored.rows.columns:
        return scored.rows.columns["time"].astype("datetime64[us]")
    return scored.rows.index


def _shade(axes: Axes, x: np.ndarray, truth: np.ndarray) -> None:
    """Mark the rows that are known to be anomalies."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], truth, [False]]).astype(int)))
    for number, (first, after) in enumerate(edges.reshape(-1, 2).tolist()):
        ends = x[first], x[min(after, len(x) - 1)]
        axes.axvspan(*ends, color=_TRUTH, alpha=0.5, linewidth=0, label="_known anomaly" if number else "known anomaly")
