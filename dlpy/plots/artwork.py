"""Source images and result of a dream or a style transfer, and the curves of its loss terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import COLOURS, GREY, LINES, epoch_axis, legend_below, new_figure
from dlpy.drawing.phase_marks import mark_phases
from dlpy.runs.directory import Run
from dlpy.runs.history import History
from dlpy.runs.images import artwork_files, read_artwork

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOG_RATIO = 30  # ratio of the largest to the smallest value above which the y axis is logarithmic
_HEIGHT = 3.6  # inches per image
_TITLES = {"picture": "source image", "content": "content image", "style": "style image", "final": "result"}


class ArtworkPlot(Plot):
    """The source images of a dream or a style transfer beside its result."""

    name: Literal["artwork"] = "artwork"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        images = read_artwork(artwork_files(run))
        if not images:
            return {}
        height, width = next(iter(images.values())).shape[:2]
        figure = new_figure(f"Result of {run.id}", len(images) * _HEIGHT * width / height, _HEIGHT + 0.7)
        for position, (purpose, image) in enumerate(images.items()):
            axes = figure.add_subplot(1, len(images), position + 1)
            axes.set_title(caption(_TITLES.get(purpose, purpose)))
            axes.imshow(image, interpolation="antialiased")
            axes.set_axis_off()
        return {"": figure}


def draw_terms(history: History, title: str) -> Figure:
    """Return a figure of the loss and each of its terms over the steps or iterations."""
    figure = new_figure(title, 8, 4.4)
    axes = figure.add_subplot()
    axes.set_ylabel("loss and loss terms")
    for number, (name, curve) in enumerate(history.curves.items()):
        loss = name == "loss"
        colour = "#000000" if loss else COLOURS[(number - 1) % (len(COLOURS) - 1)]
        line = LINES[(number - 1) // (len(COLOURS) - 1) % len(LINES)] if number else "-"
        marker = "o" if len(curve) <= 50 else ""
        axes.plot(
            history.epochs,
            np.where(curve == 0, np.nan, curve),
            linestyle=line,
            marker=marker,
            markersize=3,
            color=colour,
            linewidth=2.4 if loss else 1.4,
            label=caption(name.replace("_", " ") if history.counted == "iteration" else name),
        )
    epoch_axis(axes, history.epochs, history.counted)
    _scale(axes, history)
    mark_phases(axes, [(history.phase_starts(), GREY)], "octave")
    legend_below(figure)
    return figure


def _scale(axes: Axes, history: History) -> None:
    """Use a logarithmic y axis if small terms would be flat at the bottom of a linear one."""
    values = np.concatenate(list(history.curves.values()))
    positive = values[values > 0]
    if len(positive) and not (values < 0).any() and positive.max() > _LOG_RATIO * positive.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, position: f"{value:g}")
