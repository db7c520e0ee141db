"""Training and validation curves of several seeds: their mean, and a band as wide as they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, ORANGE, draw_baseline, epoch_axis, legend_below, new_figure, score_axis
from dlpy.runs.directory import Run
from dlpy.runs.history import History, mean_history, seed_histories
from dlpy.runs.results import baseline_of, names_of_outputs, of_one, score_caption, scores_by_output, spread_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3  # panels in a row


class SeedsPlot(Plot):
    """The mean curves of several seeds in training (dots) and validation (line), with a band of one standard deviation.

    Each seed's validation curve is a thin line. Of several outputs, each has a figure, beside that of the loss that is
    minimized.
    """

    name: Literal["seeds"] = "seeds"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        seeds = seed_histories(run)
        if not seeds:
            return {}
        by_output = scores_by_output(mean_history(seeds).scores(), names_of_outputs(run))
        return {output: _figure(run, seeds, output, scores) for output, scores in by_output.items()}


def _figure(run: Run, seeds: list[History], output: str, scores: list[str]) -> Figure:
    columns = min(len(scores), _COLUMNS if len(scores) != _COLUMNS + 1 else 2)
    rows = -(-len(scores) // columns)
    title = f"{caption(output, 24)}, {len(seeds)} seeds" if output else f"{len(seeds)} seeds"
    figure = new_figure(f"{title} of {run.id}", max(4.4 * columns, 6), 3.1 * rows + 0.8)
    lines = spread_lines(run, "best epochs")
    for place, score in enumerate(scores, 1):
        axes = figure.add_subplot(rows, columns, place)
        _draw(axes, score, seeds, output)
        told = lines.get(f"val_{score}") or lines.get(score)
        if told is not None:
            axes.set_xlabel(f"epoch\n{caption(told, 90)}", fontsize=8)
        draw_baseline(axes, baseline_of(run, score), "baseline")
    legend_below(figure)
    return figure


def _draw(axes: Axes, score: str, seeds: list[History], output: str) -> None:
    """Draw the curves of one score, for the epochs that all seeds have."""
    _draw_band(axes, score, seeds, (BLUE, "o", "training"))
    _draw_band(axes, f"val_{score}", seeds, (ORANGE, "-", "validation"))
    for seed in seeds:
        if (curve := seed.curves.get(f"val_{score}")) is not None:
            axes.plot(seed.epochs, curve, "-", color=ORANGE, linewidth=0.5, alpha=0.6, label="validation, each seed")
    epoch_axis(axes, max((seed.epochs for seed in seeds), key=len))
    shown = [seed.curves[name] for name in (score, f"val_{score}") for seed in seeds if name in seed.curves]
    score_axis(axes, of_one(score, output), shown)
    axes.set_title(score_caption(score, output))


def _draw_band(axes: Axes, name: str, seeds: list[History], look: tuple[str, str, str]) -> None:
    """Draw the mean of one column with a band of one standard deviation (n - 1) on both sides."""
    curves = [seed.curves[name] for seed in seeds if name in seed.curves]
    if not curves:
        return
    colour, style, part = look
    shortest = min(map(len, curves))
    stacked = np.stack([curve[:shortest] for curve in curves])
    epochs, mean = np.arange(1, shortest + 1), stacked.mean(axis=0)
    size = 4 if shortest <= 50 else 2
    marker = "_" if style == "-" and shortest == 1 else ""  # a line of one point is invisible
    label = caption(f"{part}, mean over seeds")
    if style == "o":
        axes.plot(epochs, mean, "o", markersize=size, color=colour, label=label)
    else:
        axes.plot(epochs, mean, style, marker=marker, markersize=16, color=colour, linewidth=2.2, label=label)
    if len(curves) > 1:
        std = stacked.std(axis=0, ddof=1)
        label = caption(f"{part}, +- 1 standard deviation")
        axes.fill_between(epochs, mean - std, mean + std, color=colour, alpha=0.18, linewidth=0, label=label)
