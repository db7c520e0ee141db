"""The figure of a series with its forecasts, scores and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlpy.anomalies.score import Scored
from dlpy.core.captions import caption
from dlpy.data.rows import TRUTH
from dlpy.drawing.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_VALUE, _FORECAST, _FLAG, _TRUTH = "#4C72B0", "#999999", "#C44E52", "#F2C14E"


def anomaly_figure(scored: Scored, title: str, unit: str) -> Figure:
    """Return the values and forecasts of a series above the scores, with flagged rows marked.

    Args:
        scored: the rows.
        title: of the figure.
        unit: of the values.
    """
    figure = new_figure(title, 10, 5.5)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    x = _places(scored)
    flags = scored.flags
    above.plot(x, scored.prediction[:, 0], color=_FORECAST, linewidth=1, label="forecast")
    above.plot(x, scored.value[:, 0], color=_VALUE, linewidth=1, label="value")
    above.plot(
        x[flags], scored.value[flags, 0], "o", color=_FLAG, markersize=4, label=caption(f"flagged ({flags.sum():,})")
    )
    above.set_ylabel(caption(unit) if unit else "value")
    below.plot(x, scored.score, color=_VALUE, linewidth=0.8)
    below.axhline(scored.limits.limit, color=_FLAG, linewidth=1, label=caption(f"limit {scored.limits.limit:.2f}"))
    below.set_ylabel("score")
    below.set_xlabel("time" if "time" in scored.rows.columns else "row")
    if TRUTH in scored.rows.columns:
        _shade(above, x, scored.rows.columns[TRUTH].astype(bool))
    for axes in (above, below):
        axes.legend(loc="upper left", ncols=4)
    return figure


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
