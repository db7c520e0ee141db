"""The receiver operating characteristic (ROC) curve of each class against the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, COLOURS, GREY, LINES, new_figure
from dlpy.runs.directory import Run
from dlpy.runs.results import Predictions, class_names, predictions_of
from dlpy.scores.class_scores import class_probabilities, has_both, ranked_counts
from dlpy.scores.roc_band import roc_band

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_CLASSES = 10


@dataclass(frozen=True)
class Curve:
    """A curve in the unit square, x ascending, and the area under it."""

    label: str
    x: np.ndarray
    y: np.ndarray
    area: float


class Roc(Plot):
    """The ROC curve and the area under it; for 3 to 10 classes, or up to 10 labels, one curve each and averages.

    After `dlpy evaluate --interval` and `dlpy kfold --interval`, the band of the main curve is drawn.
    """

    name: Literal["roc"] = "roc"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        found = {given.key: _figure(given, run) for given in predictions_of(run)}
        return {key: figure for key, figure in found.items() if figure is not None}


def roc_curve(positive: np.ndarray, score: np.ndarray, label: str = "") -> Curve | None:
    """Return the true positive rate over the false positive rate; rows with equal scores count together.

    Args:
        positive: (rows,) bool. score: (rows,), higher for rows that are more likely positive.

    Returns:
        The exact curve. Its area is the probability that a positive row scores higher than a negative one (ties count
        half). None if all rows or none are positive.
    """
    found, mistaken = ranked_counts(positive, score)
    if not has_both(found, mistaken):
        return None
    x, y = mistaken / mistaken[-1], found / found[-1]
    return Curve(label, x, y, float(np.trapezoid(y, x)))


def one_against_rest(given: Predictions, names: list[str]) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return (label, positive, score) for each class or label and, last, for all pooled.

    Of two classes, there is the second alone; of a single label, there is nothing to pool.
    """
    if given.target.ndim > 1:
        probability, positive = given.prediction, given.target == 1  # (rows, labels)
    else:
        probability = class_probabilities(given.prediction)
        positive = given.target.astype(np.int64)[:, None] == np.arange(len(names))  # (rows, classes)
    if len(names) == 1:
        return [(names[0], positive[:, 0], probability[:, 0])]
    if len(names) == 2 and given.target.ndim == 1:
        return [(names[1], positive[:, 1], probability[:, 1])]
    each = [(name, positive[:, i], probability[:, i]) for i, name in enumerate(names)]
    return [*each, ("micro-average", positive.ravel(), probability.ravel())]


def names_of(given: Predictions) -> list[str] | None:
    """Return the names of the classes or labels, or None if there are none, or more than `MAX_CLASSES`."""
    output = given.output
    if output is None or not (output.has_classes or output.kind == "multilabel"):
        return None
    of_labels = output.kind == "multilabel"
    count = (given.prediction if of_labels else class_probabilities(given.prediction[:1])).shape[1]
    fits = count <= MAX_CLASSES and (given.target.ndim > 1) == of_labels
    return class_names(output, count) if fits else None


def counted(given: Predictions) -> str:
    """Return what has a curve of its own: the classes or the labels of a target."""
    return "labels" if given.target.ndim > 1 else "classes"


def draw_curves(figure: Figure, curves: list[Curve]) -> Axes:
    """Draw the curves into square axes at the left of the figure, the last one thick; return the axes."""
    figure.set_layout_engine("none")  # positions are fixed; the layout would take a third of the time
    axes = figure.add_axes((0.09, 0.11, 0.53, 0.53 * 8 / 5.2))
    for number, curve in enumerate(curves):
        is_main = number == len(curves) - 1
        colour = COLOURS[number % 6] if not is_main or number == 0 else "black"
        line = "-" if is_main else LINES[number % len(LINES)]
        label = f"{caption(curve.label, 24)}: {curve.area:.4f}"
        axes.plot(curve.x, curve.y, color=colour, linestyle=line, linewidth=2.2 if is_main else 1.2, label=label)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return axes


def _draw_band(axes: Axes, given: Predictions, run: Run, main: tuple[str, np.ndarray, np.ndarray]) -> None:
    """Draw the band of the main curve where intervals were asked for, from resamples of rows or groups."""
    evaluated = run.evaluation().get(given.part)
    ends = (
        run.summary().intervals if given.part == "out_of_fold" else None if evaluated is None else evaluated.intervals
    )
    if ends is None or ends.unit not in ("rows", "groups"):
        return
    _, positive, score = main
    units = np.arange(len(given.target)) if given.group is None else np.unique(given.group, return_inverse=True)[1]
    band = roc_band(positive, score, np.repeat(units, len(positive) // len(units)), ends.level)
    if band is not None:
        label = caption(f"{100 * ends.level:g} % of resamples, at each rate")
        axes.fill_between(band.x, band.low, band.high, color=BLUE, alpha=0.18, linewidth=0, label=label)


def legend_beside(figure: Figure, title: str) -> None:
    """Add the legend, with the areas, to the right of the axes."""
    figure.legend(loc="center left", bbox_to_anchor=(0.64, 0.5), title=caption(title), alignment="left")


def mean_label(curves: list[Curve], count: int, what: str = "classes") -> str:
    """Return the legend entry of the mean area, with the number of classes (or labels) if some have no curve."""
    if not curves:
        return "macro-average: -"
    few = f" of {len(curves)} {caption(what)}" if len(curves) < count else ""
    return f"macro-average{few}: {np.mean([curve.area for curve in curves]):.4f}"


def _figure(given: Predictions, run: Run) -> Figure | None:
    names = names_of(given)
    if names is None:
        return None
    wanted = one_against_rest(given, names)
    found = [roc_curve(positive, score, label) for label, positive, score in wanted]
    curves = [curve for curve in found if curve is not None]
    if not curves:
        return None
    figure = new_figure(f"ROC curve, {given.heading} of {run.id}", 8, 5.2)
    axes = draw_curves(figure, curves)
    _draw_band(axes, given, run, wanted[-1])
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="chance level: 0.5")
    if len(wanted) > 1:
        axes.plot([], [], " ", label=mean_label(curves[:-1], len(names), counted(given)))
    axes.set(xlabel="false positive rate", ylabel="true positive rate (recall)")
    legend_beside(figure, "area under the curve")
    return figure
