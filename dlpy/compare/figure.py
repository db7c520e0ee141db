"""The figure of a comparison: each score of each run with its interval, and the differences from one run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.compare.sides import Side
from dlpy.core.captions import caption
from dlpy.drawing.figures import COLOURS, GREY, full_name, new_figure, save, style
from dlpy.plots.comparison import Comparison
from dlpy.runs.predictions import PARTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_SCORES = 20


def draw(record: dict[str, Any], sides: Sequence[Side], path: Path) -> list[Path]:
    """Draw a comparison into a file, and the curves of the runs into files beside it; return the files."""
    runs = [run for side in sides for run in side.runs]
    with style():
        figures = {path: figure_of(record)}
        for output, figure in Comparison().draw(runs).items():
            figures[path.with_name(f"{path.stem}-curves{f'-{output}' if output else ''}{path.suffix}")] = figure
        for file, figure in figures.items():
            save(figure, file, runs)
    return list(figures)


def figure_of(record: dict[str, Any]) -> Figure:
    """Return a figure with a row of two panels for each score.

    Args:
        record: as `compare` returns it.
    """
    scores, names = list(record["differences"])[:_MOST_SCORES], [run["name"] for run in record["runs"]]
    height = 0.32 * len(names) + 0.9
    figure = new_figure(f"Comparison on {PARTS[record['part']]}", 11, height * len(scores) + 0.9)
    for row, score in enumerate(scores):
        left, right = (figure.add_subplot(len(scores), 2, 2 * row + column) for column in (1, 2))
        _points(left, names, {run["name"]: run["scores"][score] for run in record["runs"]})
        left.set_title(full_name(score))
        _points(right, names, record["differences"][score])
        right.axvline(0, color=GREY, linestyle="--", linewidth=1, zorder=1)
        right.set_title(caption(f"difference from {record['to']}"))
        right.set_yticklabels([])
    figure.supxlabel(f"point: the score; bar: its {100 * record['level']:g} % interval", color=GREY, fontsize=8)
    return figure


def _points(axes: Axes, names: list[str], given: dict[str, Any]) -> None:
    """Draw a point with its interval for each run that has one, the first run at the top."""
    for number, name in enumerate(names):
        told = given.get(name)
        if told is None or math.isnan(told["value"]):
            continue
        colour = COLOURS[number % len(COLOURS)]
        if not math.isnan(told["low"]):
            axes.plot([told["low"], told["high"]], [number, number], color=colour, linewidth=2.2, solid_capstyle="butt")
        axes.plot([told["value"]], [number], marker="o", color=colour, markersize=5)
    axes.set_yticks(range(len(names)), [caption(name, 40) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
