"""The confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import new_figure
from dlpy.runs.directory import Run
from dlpy.runs.results import Predictions, class_names, output_of, predictions_of
from dlpy.scores.class_scores import class_probabilities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_CLASSES = 1000  # cells of a larger matrix are too small to see, and its counts would fill the memory
_MAX_NAMED = 60  # the names of more classes would overlap


class Confusion(Plot):
    """The confusion matrix: one row per true class, one column per predicted class, coloured by share of the row."""

    name: Literal["confusion"] = "confusion"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        output = output_of(run)
        if output is None or output.kind == "regression":
            return {}
        figures = {}
        for given in predictions_of(run):
            if given.target.ndim == 1 and given.prediction.shape[1] <= _MAX_CLASSES:
                counts = confusion_matrix(given)
                figures[given.part] = _figure(
                    counts, class_names(output, len(counts)), f"Confusion matrix, {given.heading} of {run.id}"
                )
        return figures


def confusion_matrix(given: Predictions) -> np.ndarray:
    """Return the number of rows of each true and predicted class: (true classes, predicted classes) int64."""
    probability = class_probabilities(given.prediction)
    count = probability.shape[1]
    cells = given.target.astype(np.int64) * count + probability.argmax(axis=1)
    return np.bincount(cells, minlength=count * count).reshape(count, count)


def _figure(counts: np.ndarray, names: list[str], title: str) -> Figure:
    size = min(4.2 + 0.35 * len(names), 10.5)
    figure = new_figure(title, size + 1.5, size)
    axes = figure.add_subplot()
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true class")
    axes.grid(visible=False)
    axes.set_title(f"{np.trace(counts):,} of {counts.sum():,} rows correct ({np.trace(counts) / counts.sum():.2%})")
    axes.set(xlabel="predicted class", ylabel="true class")
    _name_classes(axes, names)
    if len(names) <= 20:
        _write_counts(axes, counts, share, fontsize=min(10, 108 / len(names)))
    return figure


def _name_classes(axes: Axes, names: list[str]) -> None:
    if len(names) > _MAX_NAMED:
        return
    ticks, small = range(len(names)), 9 if len(names) <= 20 else 6.5
    longest = max(map(len, names))
    labels = [caption(name, 22) for name in names]
    axes.set_xticks(ticks, labels, fontsize=small, rotation=90 if longest > 3 and len(names) > 2 else 0)
    axes.set_yticks(ticks, labels, fontsize=small)


def _write_counts(axes: Axes, counts: np.ndarray, share: np.ndarray, fontsize: float) -> None:
    """Write the counts into the cells; excluding these texts from the layout halves its time and changes nothing."""
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[row, column] > 0.55 else "black"
            axes.text(
                column, row, f"{count:d}", ha="center", va="center", color=colour, fontsize=fontsize, in_layout=False
            )
