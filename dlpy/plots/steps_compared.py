"""Mean absolute error of the forecasts of several runs by step ahead, beside the naive forecasts."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import COLOURS, GREY, LINES, legend_below, new_figure
from dlpy.plots.comparison import labelled
from dlpy.runs.directory import Run
from dlpy.runs.predictions import PARTS, Stored
from dlpy.runs.results import in_unit, stored_predictions

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class StepsCompared(Plot):
    """The mean absolute error by step ahead of several runs with forecasts of the same rows, and of naive forecasts."""

    name: Literal["steps_compared"] = "steps_compared"
    overlays = True

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        found = {name: {stored.part: stored for stored in _forecasts(run)} for name, run in labelled(runs).items()}
        figures = {}
        for part in PARTS:
            own = {name: parts[part] for name, parts in found.items() if part in parts}
            if len(own) > 1 and _are_alike(list(own.values())):
                figures[part] = _figure(f"Error by step ahead, {PARTS[part]}", own)
        return figures


def _forecasts(run: Run) -> list[Stored]:
    stored = [one for one in stored_predictions(run) if one.of is not None and one.of.horizon is not None]
    return [one for one in stored if not one.output and one.prediction.shape[1] > 1]


def _are_alike(stored: list[Stored]) -> bool:
    """Return whether predictions are those of the same targets."""
    first = stored[0].target
    return all(one.target.shape == first.shape and np.allclose(one.target, first, rtol=1e-3) for one in stored[1:])


def _figure(title: str, own: dict[str, Stored]) -> Figure:
    figure = new_figure(title, 8, 4.2)
    axes = figure.add_subplot()
    first = next(iter(own.values()))
    steps = np.arange(1, first.prediction.shape[1] + 1)
    naive = {"the last value": first.baseline, "the same time of an earlier period": first.seasonal}
    for (label, values), style in zip(naive.items(), ("--", ":"), strict=True):
        if values is not None:
            axes.plot(steps, _errors(first, values), style, color=GREY, label=caption(label))
    for (name, stored), colour, style in zip(own.items(), cycle(COLOURS), cycle(LINES), strict=False):
        axes.plot(steps, _errors(stored, stored.prediction), linestyle=style, color=colour, label=caption(name))
    axes.set(xlabel="step ahead", xlim=(0.5, len(steps) + 0.5))
    axes.set_ylabel(in_unit("mean absolute error", first.of))
    axes.set_ylim(bottom=0)
    legend_below(figure)
    return figure


def _errors(stored: Stored, values: np.ndarray) -> np.ndarray:
    return np.abs(values.astype(np.float64) - stored.target).mean(axis=0)
