"""Forecasts of a time series over a stretch of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.captions import caption
from dlpy.components import Plot
from dlpy.drawing import BLUE, GREY, ORANGE, legend_below, new_figure
from dlpy.results import PARTS, baseline_name, in_unit, output_of, read_arrays
from dlpy.runs import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STRETCH = 500  # rows drawn


class Forecast(Plot):
    """Forecasts against the truth, in the middle of each part, with the baseline as a thin line."""

    name: Literal["forecast"] = "forecast"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        arrays = read_arrays(run.predictions)
        parts = [part for part in PARTS if f"{part}.baseline" in arrays and len(arrays[f"{part}.index"]) > 1]
        return {part: _figure(run, part, arrays) for part in parts}


def _figure(run: Run, part: str, arrays: dict[str, np.ndarray]) -> Figure:
    found = {key.partition(".")[2]: array for key, array in arrays.items() if key.startswith(f"{part}.")}
    rows = len(found["index"])
    start = max(0, (rows - _STRETCH) // 2)
    some = {name: array[start : start + _STRETCH] for name, array in found.items()}
    figure = new_figure(f"Forecasts, {PARTS[part]} of {run.id}", 10, 4.2)
    axes = figure.add_subplot()
    at = some["time"].astype("datetime64[us]") if "time" in some else some["index"]
    jumps = np.flatnonzero(np.diff(some["index"]) > 1) + 1  # a line must not run across rows that are not there
    if len(jumps) > len(at) // 2:
        jumps = jumps[:0]

    def line(values: np.ndarray, **look: object) -> None:
        x = np.insert(at, jumps, at[jumps])
        axes.plot(x, np.insert(values.reshape(-1).astype(np.float64), jumps, np.nan), **look)  # type: ignore

    line(some["baseline"], color=GREY, linewidth=0.7, label=caption(f"baseline: {baseline_name(run)}"))
    line(some["target"], color=BLUE, linewidth=1.4, label="truth")
    line(some["prediction"], color=ORANGE, linewidth=1.2, label="forecast")
    axes.set(ylabel=in_unit("value", output_of(run)), xlabel="time" if "time" in some else "row of the series")
    if "time" in some:
        _date_axis(axes)
    shown = len(some["index"])
    axes.set_title("all rows" if shown == rows else f"{shown:,} of {rows:,} rows, from the middle")
    legend_below(figure)
    return figure


def _date_axis(axes: object) -> None:
    """Write dates as short as they can be told apart."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(maxticks=9)
    axes.xaxis.set_major_locator(locator)  # type: ignore
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore
