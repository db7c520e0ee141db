"""The precision-recall curve: the trade-off between finding more of a class and raising fewer false alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.drawing.figures import GREY, new_figure
from dlpy.plots.roc import Curve, counted, draw_curves, legend_beside, mean_label, names_of, one_against_rest
from dlpy.runs.directory import Run
from dlpy.runs.results import Predictions, predictions_of
from dlpy.scores.class_scores import has_both, ranked_counts

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class PrecisionRecall(Plot):
    """The precision-recall curve and average precision; for 3 to 10 classes, or up to 10 labels, one each."""

    name: Literal["precision_recall"] = "precision_recall"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        found = {given.key: _figure(given, run) for given in predictions_of(run)}
        return {key: figure for key, figure in found.items() if figure is not None}


def precision_recall_curve(positive: np.ndarray, score: np.ndarray, label: str = "") -> Curve | None:
    """Return the precision-recall curve as a step function; rows with equal scores count together.

    Args:
        positive: (rows,) bool. score: (rows,), higher for rows that are more likely positive.

    Returns:
        Two points per step, so that straight lines between them draw the steps. Its area is the average precision:
        the sum of (increase in recall) x (precision) over the distinct scores. None if all rows or none are positive.
    """
    found, mistaken = ranked_counts(positive, score)
    if not has_both(found, mistaken):
        return None
    recall, precision = found / found[-1], found[1:] / (found[1:] + mistaken[1:])
    x = np.repeat(recall, 2)[1:-1]
    return Curve(label, x, np.repeat(precision, 2), float(np.sum(np.diff(recall) * precision)))


def _figure(given: Predictions, run: Run) -> Figure | None:
    names = names_of(given)
    if names is None:
        return None
    wanted = one_against_rest(given, names)
    found = [precision_recall_curve(positive, score, label) for label, positive, score in wanted]
    curves = [curve for curve in found if curve is not None]
    if not curves:
        return None
    figure = new_figure(f"Precision-recall curve, {given.heading} of {run.id}", 8, 5.2)
    axes = draw_curves(figure, curves)
    share = float(wanted[-1][1].mean())
    axes.axhline(share, color=GREY, linestyle="--", linewidth=1, label=f"chance level: {share:.4f}")
    if len(wanted) > 1:
        axes.plot([], [], " ", label=mean_label(curves[:-1], len(names), counted(given)))
    axes.set(
        xlabel="recall (true positives / actual positives)", ylabel="precision (true positives / predicted positives)"
    )
    legend_beside(figure, "average precision")
    return figure
