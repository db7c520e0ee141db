"""The learning curves of the best trials of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import COLOURS, LINES, draw_baseline, epoch_axis, new_figure, score_axis
from dlpy.plots._trials import searched
from dlpy.runs.directory import Run
from dlpy.runs.results import baseline_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST = 10


class BestCurves(Plot):
    """Of a search: the monitored score of the ten best trials over the epochs, the best epoch of each marked."""

    name: Literal["best_curves"] = "best_curves"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        found = searched(runs)
        shown = [] if found is None else [trial for trial in found.within()[:_MOST] if trial.curve]
        if found is None or not shown:
            return {}
        figure = new_figure(f"Best trials of {found.run.id}", 8.5, 4.6)
        axes = figure.add_subplot()
        curves = [np.array(trial.curve, np.float64) for trial in shown]
        for place, (trial, curve) in reversed(list(enumerate(zip(shown, curves, strict=True)))):
            colour, line = COLOURS[place % len(COLOURS)], LINES[place // len(COLOURS)]
            label = caption(f"trial {trial.number}: {trial.score:.4g}")
            width = 2.4 if place == 0 else 1.2
            epochs = np.arange(1, len(curve) + 1)
            axes.plot(epochs, curve, line, color=colour, linewidth=width, label=label, zorder=3 - place / _MOST)
            if trial.epoch is not None and trial.epoch <= len(curve):
                axes.plot(trial.epoch, curve[trial.epoch - 1], "o", color=colour, markersize=5, zorder=4)
        epoch_axis(axes, np.arange(1, max(map(len, curves)) + 1))
        score_axis(axes, found.monitor.removeprefix("val_"), curves)
        axes.set_ylabel(caption(found.label))
        draw_baseline(axes, baseline_of(found.run, found.monitor.removeprefix("val_")), "baseline")
        handles, labels = axes.get_legend_handles_labels()
        order = sorted(range(len(labels)), key=lambda place: labels[place] == "baseline" or -place)
        title = "from the best (dot: best epoch)"
        figure.legend(
            [handles[place] for place in order],
            [labels[place] for place in order],
            loc="outside right upper",
            title=title,
            alignment="left",
        )
        return {"": figure}
