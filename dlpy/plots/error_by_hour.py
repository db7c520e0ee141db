"""Mean absolute error of forecasts by hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, legend_below, new_figure
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.runs.results import baseline_name, in_unit, stored_predictions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HOUR = np.timedelta64(1, "h")
_MIN_HOURS = 3  # distinct hours of the day needed for a plot


class ErrorByHour(Plot):
    """The mean absolute error of forecasts and of the baseline by hour of the day."""

    name: Literal["error_by_hour"] = "error_by_hour"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        figures = {}
        for stored in stored_predictions(run):
            if stored.time is not None:
                hours = stored.time.astype("datetime64[h]").astype(np.int64) % 24
                if len(np.unique(hours)) >= _MIN_HOURS:
                    figures[stored.key] = _figure(run, stored, hours)
        return figures


def _figure(run: Run, stored: Stored, hours: np.ndarray) -> Figure:
    target = stored.target.reshape(len(hours), -1)
    figure = new_figure(f"Error by hour of the day, {stored.heading} of {run.id}", 8, 3.8)
    axes = figure.add_subplot()
    present, counts = np.unique(hours, return_counts=True)
    forecast = (stored.prediction, "-", BLUE, "o", "forecast")
    usual = (stored.baseline, "--", GREY, "", f"baseline: {baseline_name(run, stored.output) or 'the last value'}")
    for values, style, colour, marker, label in (forecast, usual):
        if values is not None:
            errors = np.abs(values - target).mean(axis=1)
            means = [errors[hours == hour].mean() for hour in present]
            axes.plot(present, means, style, marker=marker, markersize=4, color=colour, label=caption(label))
    axes.set(xlim=(-0.5, 23.5), xlabel="hour of the day (from the timestamps)", xticks=range(0, 24, 3))
    axes.set_ylabel(in_unit("mean absolute error", stored.of))
    axes.set_ylim(bottom=0)
    axes.set_title(f"{counts.min():,} to {counts.max():,} rows per hour")
    legend_below(figure)
    return figure
