"""The score of each trial of a search, and the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, draw_baseline, epoch_axis, legend_below, new_figure
from dlpy.plots._trials import Searched, limit_scores, searched
from dlpy.runs.directory import Run
from dlpy.runs.results import baseline_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Trials(Plot):
    """Of a search: the score by trial, the best so far, what the best is worth, and failed and pruned trials."""

    name: Literal["trials"] = "trials"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        found = searched(runs)
        if found is None:
            return {}
        figure = new_figure(f"Trials of {found.run.id}", 8, 4.6)
        axes = figure.add_subplot()
        axes.set_ylabel(caption(found.label))
        limits = limit_scores(axes, found)
        _draw_worth(axes, found)
        _draw_trials(axes, found, limits)
        draw_baseline(axes, baseline_of(found.run, found.monitor.removeprefix("val_")), "baseline")
        last = max(trial.number for trial in found.every)
        epoch_axis(axes, np.linspace(1, last, min(last, 1000)), "trial")
        legend_below(figure)
        return {"": figure}


def _draw_trials(axes: Axes, found: Searched, limits: tuple[float, float]) -> None:
    size = 5 if len(found.trials) <= 100 else 2.5
    low, high = limits
    numbers = np.array([trial.number for trial in found.trials])
    scores = np.clip(found.scores, low, high)
    axes.plot(numbers, scores, "o", color=BLUE, markersize=size, markeredgewidth=0, label="completed", clip_on=False)
    worst = high if found.direction == "min" else low
    pruned = [trial for trial in found.every if trial.status == "pruned" and trial.score is not None]
    if pruned:
        values = np.clip([trial.score or 0.0 for trial in pruned], low, high)
        axes.plot(
            [trial.number for trial in pruned], values, "x", color=GREY, markersize=size, label="pruned", clip_on=False
        )
    failed = [trial.number for trial in found.every if trial.status == "failed"]
    if failed:
        at_edge = np.full(len(failed), worst)
        axes.plot(failed, at_edge, "X", color=PURPLE, markersize=size + 1, label="failed", clip_on=False)
    order = np.argsort(numbers)
    running = (np.minimum if found.direction == "min" else np.maximum).accumulate(found.scores[order])
    last = max(trial.number for trial in found.every)
    steps = np.append(numbers[order], last), np.clip(np.append(running, running[-1]), low, high)
    axes.plot(*steps, drawstyle="steps-post", color=ORANGE, linewidth=1.8, label="best so far")


def _draw_worth(axes: Axes, found: Searched) -> None:
    """Draw the score that is to be expected of the best trial on new rows, if it was estimated."""
    worth = found.run.read("summary.json").get("worth")
    if not isinstance(worth, dict) or not isinstance(worth.get("expected"), float):
        return
    interval, (low, high) = worth.get("interval"), axes.get_ylim()
    label = "the best on new rows, estimated (band: 95 %)"
    axes.axhline(worth["expected"], color=GREEN, linewidth=1.2, label=label)
    axes.set_ylim(min(low, worth["expected"]), max(high, worth["expected"]))
    if isinstance(interval, list) and len(interval) == 2 and all(isinstance(edge, float) for edge in interval):
        axes.axhspan(*interval, color=GREEN, alpha=0.12, linewidth=0)
        axes.set_ylim(min(low, *interval), max(high, *interval))
