"""Receiver operating characteristic: how well the predicted probability separates a class from the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import COLOURS, GREY, LINES, new_figure
from dlpy.runs.directory import Run
from dlpy.runs.results import Predictions, class_names, output_of, predictions_of
from dlpy.scores.class_scores import class_probabilities, has_both, ranked_counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CLASSES = 10


@dataclass(frozen=True)
class Curve:
    """A curve in the unit square, x ascending, and the area under it."""

    label: str
    x: np.ndarray
    y: np.ndarray
    area: float


class Roc(Plot):
    """The ROC curve and its area; of up to ten classes each against the rest, with their mean and the pooled one."""

    name: Literal["roc"] = "roc"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        found = {given.part: _figure(given, run) for given in predictions_of(run)}
        return {part: figure for part, figure in found.items() if figure is not None}


def roc_curve(positive: np.ndarray, score: np.ndarray, label: str = "") -> Curve | None:
    """Return the true positive rate over the false positive rate, rows of equal score taken together.

    Args:
        positive: (rows,) bool. score: (rows,), higher for rows that are more likely positive.

    Returns:
        The exact curve, whose area is the probability that a positive row scores higher than a negative one (ties
        count half); None where one of the two kinds has no rows.
    """
    found, mistaken = ranked_counts(positive, score)
    if not has_both(found, mistaken):
        return None
    x, y = mistaken / mistaken[-1], found / found[-1]
    return Curve(label, x, y, float(np.trapezoid(y, x)))


def one_against_rest(given: Predictions, names: list[str]) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return (label, positive, score) for every class, and last for all pooled; only the second of two classes."""
    probability = class_probabilities(given.prediction)
    positive = given.target.astype(np.int64)[:, None] == np.arange(len(names))  # (rows, classes)
    if len(names) == 2:
        return [(names[1], positive[:, 1], probability[:, 1])]
    each = [(name, positive[:, i], probability[:, i]) for i, name in enumerate(names)]
    return [*each, ("pooled (micro)", positive.ravel(), probability.ravel())]


def names_of(given: Predictions, run: Run) -> list[str] | None:
    """Return the names of the classes, or None where the target is no class or there are too many for curves."""
    output, count = output_of(run), class_probabilities(given.prediction[:1]).shape[1]
    if output is None or output.kind == "regression" or count > MOST_CLASSES or given.target.ndim > 1:
        return None
    return class_names(output, count)


def draw_curves(figure: Figure, curves: list[Curve]) -> Axes:
    """Draw the curves into a square at the left of the figure, the last one thick; return the square."""
    figure.set_layout_engine("none")  # nothing here needs the search for room, which is a third of the time
    axes = figure.add_axes((0.09, 0.11, 0.53, 0.53 * 8 / 5.2))
    for number, curve in enumerate(curves):
        is_main = number == len(curves) - 1
        colour = COLOURS[number % 6] if not is_main or number == 0 else "black"
        line = "-" if is_main else LINES[number % len(LINES)]
        label = f"{caption(curve.label, 24)}: {curve.area:.4f}"
        axes.plot(curve.x, curve.y, color=colour, linestyle=line, linewidth=2.2 if is_main else 1.2, label=label)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return axes


def legend_beside(figure: Figure, title: str) -> None:
    """Put the legend, which tells the areas, to the right of the square."""
    figure.legend(loc="center left", bbox_to_anchor=(0.64, 0.5), title=caption(title), alignment="left")


def mean_label(curves: list[Curve], classes: int) -> str:
    """Return the mean of the areas for the legend, and over how many classes it is where some have no curve."""
    if not curves:
        return "mean (macro): -"
    few = f" of {len(curves)} classes" if len(curves) < classes else ""
    return f"mean (macro){few}: {np.mean([curve.area for curve in curves]):.4f}"


def _figure(given: Predictions, run: Run) -> Figure | None:
    names = names_of(given, run)
    if names is None:
        return None
    found = [roc_curve(positive, score, label) for label, positive, score in one_against_rest(given, names)]
    curves = [curve for curve in found if curve is not None]
    if not curves:
        return None
    figure = new_figure(f"ROC, {given.heading} of {run.id}", 8, 5.2)
    axes = draw_curves(figure, curves)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="guessing: 0.5")
    if len(names) > 2:
        axes.plot([], [], " ", label=mean_label(curves[:-1], len(names)))
    axes.set(xlabel="false positive rate", ylabel="true positive rate (recall)")
    legend_beside(figure, "area under the curve")
    return figure
