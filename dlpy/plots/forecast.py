"""Forecasts of a time series against the true values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, ORANGE, legend_below, new_figure
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.runs.results import baseline_name, in_unit, stored_predictions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROWS_DRAWN = 500


class Forecast(Plot):
    """Forecasts, true values and the baseline (thin line) over 500 rows from the middle of each part."""

    name: Literal["forecast"] = "forecast"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        found = {stored.key: _figure(run, stored) for stored in stored_predictions(run)}
        return {key: figure for key, figure in found.items() if figure is not None}


def _figure(run: Run, stored: Stored) -> Figure | None:
    rows = len(stored.index)
    if stored.baseline is None or stored.baseline.shape[1] != 1 or rows < 2:
        return None
    some = slice(max(0, (rows - _ROWS_DRAWN) // 2), max(0, (rows - _ROWS_DRAWN) // 2) + _ROWS_DRAWN)
    figure = new_figure(f"Forecasts, {stored.heading} of {run.id}", 10, 4.2)
    axes = figure.add_subplot()
    index = stored.index[some]
    at = index if stored.time is None else stored.time[some]
    jumps = np.flatnonzero(np.diff(index) > 1) + 1  # break the line where rows are missing
    if len(jumps) > len(at) // 2:
        jumps = jumps[:0]

    def line(values: np.ndarray, **look: object) -> None:
        x = np.insert(at, jumps, at[jumps])
        axes.plot(x, np.insert(values[some].reshape(-1).astype(np.float64), jumps, np.nan), **look)  # type: ignore

    line(
        stored.baseline,
        color=GREY,
        linewidth=0.7,
        label=caption(f"baseline: {baseline_name(run, stored.output) or 'the last value'}"),
    )
    line(stored.target, color=BLUE, linewidth=1.4, label="true value")
    line(stored.prediction, color=ORANGE, linewidth=1.2, label="forecast")
    axes.set(ylabel=in_unit("value", stored.of), xlabel="row of the series" if stored.time is None else "time")
    if stored.time is not None:
        _date_axis(axes)
    shown = len(index)
    axes.set_title("all rows" if shown == rows else f"{shown:,} of {rows:,} rows, from the middle")
    legend_below(figure)
    return figure


def _date_axis(axes: object) -> None:
    """Label the x axis with the shortest dates that are unambiguous."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(maxticks=9)
    axes.xaxis.set_major_locator(locator)  # type: ignore
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore
