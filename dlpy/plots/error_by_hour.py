"""How wrong forecasts are at each hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.captions import caption
from dlpy.components import Plot
from dlpy.drawing import BLUE, GREY, legend_below, new_figure
from dlpy.results import PARTS, baseline_name, in_unit, output_of, read_arrays
from dlpy.runs import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HOUR = np.timedelta64(1, "h")
_FEWEST = 3  # hours of the day that must be there


class ErrorByHour(Plot):
    """The mean absolute error of forecasts by the hour of the day they are for, beside the baseline's."""

    name: Literal["error_by_hour"] = "error_by_hour"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        arrays = read_arrays(run.predictions)
        figures = {}
        for part in PARTS:
            if f"{part}.time" in arrays:
                hours = (arrays[f"{part}.time"].astype("datetime64[us]").astype("datetime64[h]").astype(np.int64)) % 24
                if len(np.unique(hours)) >= _FEWEST:
                    figures[part] = _figure(run, part, arrays, hours)
        return figures


def _figure(run: Run, part: str, arrays: dict[str, np.ndarray], hours: np.ndarray) -> Figure:
    target = arrays[f"{part}.target"].astype(np.float64).reshape(len(hours), -1)
    figure = new_figure(f"Errors by hour, {PARTS[part]} of {run.id}", 8, 3.8)
    axes = figure.add_subplot()
    present, counts = np.unique(hours, return_counts=True)
    looks = {"prediction": (BLUE, "o", "forecast"), "baseline": (GREY, "", f"baseline: {baseline_name(run)}")}
    for name, (colour, marker, label) in looks.items():
        values = arrays.get(f"{part}.{name}")
        if values is not None:
            errors = np.abs(values.astype(np.float64).reshape(len(hours), -1) - target).mean(axis=1)
            means = [errors[hours == hour].mean() for hour in present]
            style = "-" if name == "prediction" else "--"
            axes.plot(present, means, style, marker=marker, markersize=4, color=colour, label=caption(label))
    axes.set(xlim=(-0.5, 23.5), xlabel="hour of the day, by the time stamps", xticks=range(0, 24, 3))
    axes.set_ylabel(in_unit("mean absolute error", output_of(run)))
    axes.set_ylim(bottom=0)
    axes.set_title(f"{counts.min():,} to {counts.max():,} rows an hour")
    legend_below(figure)
    return figure
