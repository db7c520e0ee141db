"""Forecasts of a few windows: the past, the true values, the forecast, and its bands of quantiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.data.tables.timestamps import stamp
from dlpy.drawing.figures import BLUE, GREY, ORANGE, legend_below, new_figure, panels
from dlpy.runs.adapted_bands import shown_bands
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.runs.results import in_unit, stored_predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DARKEST = 0.35  # opacity of a band


class Fan(Plot):
    """Forecasts with a horizon of a few windows, evenly spaced over each part: what came before, and what came."""

    name: Literal["fan"] = "fan"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        return {
            stored.key: _figure(run, shown_bands(run, stored), stored.drawn, stored.history)
            for stored in stored_predictions(run)
            if stored.drawn is not None and stored.history is not None and len(stored.drawn)
        }


def _figure(run: Run, stored: Stored, drawn: np.ndarray, history: np.ndarray) -> Figure:
    rows = -(-len(drawn) // 2)
    figure = new_figure(f"Forecasts, {stored.heading} of {run.id}", 10, 2.8 * rows + 0.6)
    starts = [f"from {start}" for start in _starts(stored, drawn)]
    if stored.drawn_series is not None:
        starts = [f"{name}, {start}" for name, start in zip(stored.drawn_series.tolist(), starts, strict=True)]
    for axes, row, start, past in zip(panels(figure, len(drawn), 2), drawn.tolist(), starts, history, strict=True):
        _draw(axes, stored, row, past)
        axes.set_title(caption(start))
        axes.set(xlabel="step ahead", ylabel=in_unit("value", stored.of))
    legend_below(figure)
    return figure


def _starts(stored: Stored, drawn: np.ndarray) -> list[str]:
    """Return the time of the first row of each forecast, or its number; dates alone where all are at midnight."""
    if stored.time is None:
        return [f"row {row:,}" for row in stored.index[drawn].tolist()]
    times = [stamp(time) for time in stored.time[drawn]]
    midnight = " 00:00:00"
    return [time.removesuffix(midnight) for time in times] if all(time.endswith(midnight) for time in times) else times


def _draw(axes: Axes, stored: Stored, row: int, past: np.ndarray) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10], integer=True))
    ahead = np.arange(1, stored.prediction.shape[1] + 1)
    axes.plot(np.arange(1 - len(past), 1), past, color=GREY, linewidth=1, label="past")
    axes.axvline(0.5, color=GREY, linewidth=0.6, linestyle=":")
    levels = stored.of.quantiles if stored.of is not None else ()
    quantiles = stored.quantiles
    for low in range(len(levels) // 2) if quantiles is not None else ():
        high = len(levels) - 1 - low
        ends = [] if quantiles is None else [quantiles[row][:, place] for place in (low, high)]
        opacity = _DARKEST * (low + 1) / (len(levels) // 2)
        label = f"{levels[high] - levels[low]:.0%} band"
        axes.fill_between(ahead, *ends, color=ORANGE, alpha=opacity, linewidth=0, label=label)
    axes.plot(ahead, stored.target.reshape(len(stored.index), -1)[row], color=BLUE, linewidth=1.4, label="true value")
    axes.plot(ahead, stored.prediction[row], color=ORANGE, linewidth=1.4, label="forecast")
