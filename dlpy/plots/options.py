"""Each searched option against the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, ORANGE, legend_below, new_figure, panels
from dlpy.plots._trials import MOST_OPTIONS, Option, Searched, limit_scores, searched
from dlpy.runs.directory import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MANY_CHOICES = 14  # of more, some have no label
_GOLDEN = 0.6180339887


class Options(Plot):
    """Of a search: the score of the trials by the value of each option, the best trial marked."""

    name: Literal["options"] = "options"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        found = searched(runs)
        if found is None or not found.options:
            return {}
        shown = found.options[:MOST_OPTIONS]
        columns = min(len(shown), 3 if len(shown) <= 9 else 4)
        rows = -(-len(shown) // columns)
        title = f"Score by option, {len(found.trials):,} trials of {found.run.id}"
        figure = new_figure(title, max(3.3 * columns, 6), 3 * rows + 0.9)
        for number, (axes, option) in enumerate(zip(panels(figure, len(shown), columns), shown, strict=True)):
            _draw(axes, option, found)
            if number % columns == 0:
                axes.set_ylabel(caption(found.label))
            if number:
                axes.set_title("", loc="left")  # the note on the first panel is enough
        legend_below(figure)
        return {"": figure}


def _draw(axes: Axes, option: Option, found: Searched) -> None:
    low, high = limit_scores(axes, found)
    scores = np.clip(found.scores, low, high)
    x = option.values + _spread(found) if option.labels else option.values
    size = 18 if len(scores) <= 100 else 7
    axes.scatter(x, scores, s=size, color=BLUE, alpha=0.6, linewidths=0, label="trial", clip_on=False)
    axes.scatter(x[:1], scores[:1], s=110, marker="*", color=ORANGE, zorder=3, label="best trial", clip_on=False)
    axes.set_xlabel(caption(option.name, 36))
    if option.labels:
        _name_choices(axes, option.labels)
    else:
        _number_axis(axes, option)


def _number_axis(axes: Axes, option: Option) -> None:
    """Limit the x axis to the range, and set its scale and ticks."""
    from matplotlib.ticker import MaxNLocator, NullLocator

    (low, high), margin = option.ends, 0.03
    if option.log:
        axes.set_xscale("log")
        axes.set_xlim(low * (low / high) ** margin, high * (high / low) ** margin)
        axes.xaxis.set_minor_locator(NullLocator())
        ticks = option.ticks()
        axes.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
    else:
        axes.set_xlim(low - margin * (high - low), high + margin * (high - low))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=option.is_whole))


def _spread(found: Searched) -> np.ndarray:
    """Return shifts within a category, so that trials of equal scores are seen: (trials,) in -0.3 to 0.3."""
    numbers = np.array([trial.number for trial in found.trials])
    return ((numbers * _GOLDEN) % 1 - 0.5) * 0.6


def _name_choices(axes: Axes, labels: tuple[str, ...]) -> None:
    every = -(-len(labels) // _MANY_CHOICES)
    ticks = list(range(0, len(labels), every))
    names = [caption(labels[tick], 16) for tick in ticks]
    is_turned = max(map(len, names)) * len(names) > 28
    how = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if is_turned else {}
    axes.set_xticks(ticks, names, fontsize=8, **how)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.grid(visible=False, axis="x")
