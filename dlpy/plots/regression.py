"""Predicted against true values, and the distribution of the errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.data.task import Output
from dlpy.drawing.figures import BLUE, GREY, ORANGE, legend_below, new_figure
from dlpy.runs.directory import Run
from dlpy.runs.results import Predictions, in_unit, predictions_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_DOTS = 20_000
_MAX_UNITS = 4


class Regression(Plot):
    """Predicted against true values, and the errors (predicted minus true) as a scatter plot and a histogram."""

    name: Literal["regression"] = "regression"
    shows_predictions: ClassVar[bool] = True

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        return {
            given.key: _figure(given, run, given.output)
            for given in predictions_of(run)
            if given.output is not None and given.output.kind == "regression" and given.target.size > 0
        }


def _figure(given: Predictions, run: Run, output: Output) -> Figure:
    target = given.target.reshape(len(given.target), -1)
    units = min(target.shape[1], given.prediction.shape[1], _MAX_UNITS)
    figure = new_figure(f"Predictions, {given.heading} of {run.id}", 13, 4.1 * units + 0.6)
    for unit in range(units):
        scatter, error, histogram = (figure.add_subplot(units, 3, 3 * unit + i) for i in (1, 2, 3))
        true, predicted = target[:, unit].astype(np.float64), given.prediction[:, unit]
        _draw_scatter(scatter, true, predicted)
        _draw_errors(error, true, predicted)
        _draw_histogram(histogram, predicted - true)
        for axes in (scatter, error, histogram):
            axes.set_xlabel(in_unit(axes.get_xlabel(), output))
        for axes in (scatter, error):
            axes.set_ylabel(in_unit(axes.get_ylabel(), output))
    legend_below(figure)
    return figure


def _draw_scatter(axes: Axes, true: np.ndarray, predicted: np.ndarray) -> None:
    low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
    margin = 0.04 * (high - low) or 1.0
    limits = (low - margin, high + margin)
    dots = _spread(len(true))
    axes.plot(true[dots], predicted[dots], "o", color=BLUE, alpha=_alpha(len(dots)), markersize=3.5, markeredgewidth=0)
    axes.plot(limits, limits, color=ORANGE, linewidth=1.2, label="perfect prediction")
    axes.set(xlim=limits, ylim=limits, aspect="equal", xlabel="true value", ylabel="predicted value")
    error = predicted - true
    axes.set_title(f"mae {np.abs(error).mean():.4g}, rmse {np.sqrt(np.square(error).mean()):.4g}")


def _draw_errors(axes: Axes, true: np.ndarray, predicted: np.ndarray) -> None:
    dots = _spread(len(true))
    error = (predicted - true)[dots]
    axes.plot(predicted[dots], error, "o", color=BLUE, alpha=_alpha(len(dots)), markersize=3.5, markeredgewidth=0)
    axes.axhline(0, color=ORANGE, linewidth=1.2)
    axes.set(xlabel="predicted value", ylabel="error (predicted minus true)")
    axes.set_title("errors" if len(dots) == len(true) else f"errors ({len(dots):,} of {len(true):,} rows drawn)")


def _draw_histogram(axes: Axes, error: np.ndarray) -> None:
    axes.hist(error, bins=30, color=BLUE, edgecolor="white", linewidth=0.5)
    axes.axvline(0, color=ORANGE, linewidth=1.2)
    axes.axvline(error.mean(), color=GREY, linestyle="--", linewidth=1.2, label="mean error")
    axes.set(xlabel="error (predicted minus true)", ylabel="rows")
    axes.set_title(f"mean {error.mean():.4g}, standard deviation {error.std():.4g}")


def _spread(rows: int) -> np.ndarray:
    """Return the positions of the rows to draw: all, or `_MAX_DOTS` spread evenly."""
    return np.unique(np.linspace(0, rows - 1, min(rows, _MAX_DOTS)).astype(np.int64))


def _alpha(dots: int) -> float:
    return 0.8 if dots <= 500 else 0.4 if dots <= 5000 else 0.15
