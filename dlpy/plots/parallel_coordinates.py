"""All trials of a search as lines through their options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import GREY, new_figure
from dlpy.plots._trials import MOST_OPTIONS, Option, Searched, searched
from dlpy.runs.directory import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ABSENT = -0.1  # height of trials that do not have the option
_MOST_LABELS = 12


class ParallelCoordinates(Plot):
    """Of a search: a line per trial through its options to its score, coloured by the score, the best on top."""

    name: Literal["parallel_coordinates"] = "parallel_coordinates"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        found = searched(runs)
        if found is None or not found.options:
            return {}
        shown = found.options[:MOST_OPTIONS]
        figure = new_figure(f"Options and scores of {found.run.id}", max(1.45 * (len(shown) + 1) + 0.8, 6), 5)
        axes = figure.add_subplot()
        axes.set_axis_off()
        _draw_lines(axes, found, [*(_heights(option) for option in shown), _height_of_scores(found)])
        for place, option in enumerate(shown):
            _draw_axis(axes, place, option.name, _ticks(option))
            if np.isnan(option.values).any():
                _write(axes, place, _ABSENT, "none")
        low, high = found.limits()
        scores = {(value - low) / (high - low): f"{value:.3g}" for value in np.linspace(low, high, 6)[1:-1]}
        _draw_axis(axes, len(shown), found.monitor, scores)
        axes.set_xlim(-0.5, len(shown) + 0.75)
        axes.set_ylim(_ABSENT - 0.05, 1.2)
        return {"": figure}


def _draw_lines(axes: Axes, found: Searched, heights: list[np.ndarray]) -> None:
    import matplotlib
    from matplotlib.collections import LineCollection

    paths = np.stack(heights, axis=1)  # (trials, axes)
    x = np.broadcast_to(np.arange(paths.shape[1]), paths.shape)
    lines = np.stack([x, paths], axis=2)[::-1]  # the worst first
    rank = np.arange(len(lines))[::-1]
    weight = np.exp(-rank / max(8, 0.05 * len(lines)))  # only the best are dark: many dark lines hide them
    colours = matplotlib.colormaps["YlGnBu"](0.25 + 0.7 * weight)
    colours[:, 3] = np.clip(40 / len(lines), 0.08, 0.8) * (1 - weight) + 0.85 * weight
    axes.add_collection(LineCollection(list(lines), colors=colours, linewidths=0.9 + 0.5 * weight))
    axes.plot(x[0], paths[0], color="#D55E00", linewidth=2.2, zorder=3)
    note = f"orange: the best trial ({found.trials[0].number}); darker: better"
    axes.text(0.0, -0.02, caption(note), transform=axes.transAxes, fontsize=8, color=GREY, va="top")


def _heights(option: Option) -> np.ndarray:
    """Return the height of each trial on the axis of an option: (trials,) in 0 to 1, below where it has none."""
    heights = option.heights()
    return np.where(np.isnan(heights), _ABSENT, heights)


def _height_of_scores(found: Searched) -> np.ndarray:
    low, high = found.limits()
    return np.clip((found.scores - low) / (high - low), 0, 1)


def _ticks(option: Option) -> dict[float, str]:
    """Return the labels along the axis of an option, by height."""
    if option.labels:
        every = -(-len(option.labels) // _MOST_LABELS)
        values = np.arange(0.0, len(option.labels), every)
        names = [caption(option.labels[int(value)], 14) for value in values]
    else:
        values = option.ticks()
        names = [f"{value:.3g}" for value in values]
    return dict(zip(option.placed(values).tolist(), names, strict=True))


def _draw_axis(axes: Axes, place: int, name: str, ticks: dict[float, str]) -> None:
    axes.plot([place, place], [0, 1], color=GREY, linewidth=1, zorder=2)
    for height, text in ticks.items():
        _write(axes, place, height, text)
    side = 0.07 if place % 2 else 0.13  # neighbours at two heights, since names are longer than an axis is wide
    axes.text(place, 1 + side, caption(name, 24), ha="center", va="bottom", fontsize=8, fontweight="bold")


def _write(axes: Axes, place: int, height: float, text: str) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
    axes.text(place + 0.04, height, caption(text, 14), fontsize=7.5, va="center", zorder=4, bbox=box)
