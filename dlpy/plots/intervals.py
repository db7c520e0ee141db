"""Scores of held-out rows with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, ORANGE, legend_below, new_figure
from dlpy.runs.directory import Run
from dlpy.runs.record import Intervals as Ends
from dlpy.runs.results import baseline_of, names_of_outputs, score_caption, scores_by_output

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_SCORES = 30


@dataclass(frozen=True)
class _Scored:
    """The scores of a part of the rows, their intervals, and the scores of the baseline."""

    scores: Mapping[str, float | None]
    ends: Ends
    baseline: Mapping[str, float | None]


class Intervals(Plot):
    """Each score of the validation and test rows, or each mean over folds, with its interval and the baseline.

    Drawn after `dlpy evaluate --interval` or `dlpy kfold --interval`.
    """

    name: Literal["intervals"] = "intervals"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        found = _scored(run)
        names = dict.fromkeys(name for part in found.values() for name in part.ends.scores)
        if not names:
            return {}
        outputs = {
            name: output for output, own in scores_by_output(names, names_of_outputs(run)).items() for name in own
        }
        shown = list(names)[:_MOST_SCORES]
        figure = new_figure(f"Scores with intervals of {run.id}", 7, (0.35 * len(found) + 0.75) * len(shown) + 0.9)
        for row, name in enumerate(shown):
            axes = figure.add_subplot(len(shown), 1, row + 1)
            _points(axes, name, found)
            axes.set_title(score_caption(name, outputs[name]))
        legend_below(figure)
        return {"": figure}


def _scored(run: Run) -> dict[str, _Scored]:
    """Return what has intervals, by the name of the part, or the folds' mean under "folds"."""
    found = {
        part: _Scored(told.scores, told.intervals, told.baseline.scores)
        for part, told in run.evaluation().items()
        if told.intervals is not None
    }
    summary = run.summary()
    if summary.intervals is None or summary.mean is None:
        return found
    ends = summary.intervals
    means = {name.removeprefix("val_"): value for name, value in summary.mean.items() if name.startswith("val_")}
    own = Ends(ends.level, ends.unit, {name.removeprefix("val_"): pair for name, pair in ends.scores.items()})
    return {**found, "folds": _Scored(means, own, {name: baseline_of(run, name) for name in means})}


def _points(axes: Axes, name: str, found: Mapping[str, _Scored]) -> None:
    """Draw a score of each part: a point, its interval as a bar, and the baseline as a short line."""
    for number, part in enumerate(found.values()):
        value, (low, high) = part.scores.get(name), part.ends.scores.get(name, (None, None))
        if value is None or not math.isfinite(value):
            continue
        if low is not None and high is not None:
            label = caption(f"{100 * part.ends.level:g} % interval")
            axes.plot([low, high], [number, number], color=BLUE, linewidth=2.4, solid_capstyle="butt", label=label)
        axes.plot([value], [number], "o", color=BLUE, markersize=5.5, label="score")
        usual = part.baseline.get(name)
        if usual is not None and math.isfinite(usual):
            axes.plot([usual], [number], "|", color=ORANGE, markersize=12, markeredgewidth=2, label="baseline")
    axes.set_yticks(range(len(found)), [caption(part) for part in found])
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.tick_params(axis="y", colors=GREY)
