"""Mean absolute error of forecasts by step ahead, beside the naive forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREEN, GREY, legend_below, new_figure
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.runs.results import in_unit, stored_predictions

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class ErrorByStep(Plot):
    """The mean absolute error of forecasts with a horizon by step ahead, and that of the naive forecasts."""

    name: Literal["error_by_step"] = "error_by_step"
    shows_predictions: ClassVar[bool] = True

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        return {
            stored.key: _figure(run, stored)
            for stored in stored_predictions(run)
            if stored.of is not None and stored.of.horizon is not None and stored.prediction.shape[1] > 1
        }


def _figure(run: Run, stored: Stored) -> Figure:
    figure = new_figure(f"Error by step ahead, {stored.heading} of {run.id}", 8, 3.8)
    axes = figure.add_subplot()
    steps = np.arange(1, stored.prediction.shape[1] + 1)
    lines = (
        (stored.prediction, "-", BLUE, "forecast"),
        (stored.baseline, "--", GREY, "the last value"),
        (stored.seasonal, "-.", GREEN, "the same time of an earlier period"),
    )
    for values, style, colour, label in lines:
        if values is not None:
            errors = np.abs(values.astype(np.float64) - stored.target).mean(axis=0)
            axes.plot(steps, errors, style, marker="o", markersize=3, color=colour, label=caption(label))
    axes.set(xlabel="step ahead", xlim=(0.5, len(steps) + 0.5))
    axes.set_ylabel(in_unit("mean absolute error", stored.of))
    axes.set_ylim(bottom=0)
    legend_below(figure)
    return figure
