"""The confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import new_figure, panels
from dlpy.runs.directory import Run
from dlpy.runs.results import Predictions, class_names, predictions_of
from dlpy.scores.class_scores import class_probabilities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_CLASSES = 1000  # cells of a larger matrix are too small to see, and its counts would fill the memory
_MAX_NAMED = 60  # the names of more classes would overlap
_MAX_LABELS, _COLUMNS = 30, 5  # small matrices of labels, and those in a row


class Confusion(Plot):
    """The confusion matrix: one row per true class, one column per predicted class, coloured by share of the row.

    Of a multilabel target, there is a small matrix for each label.
    """

    name: Literal["confusion"] = "confusion"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        found = {given.key: _figure(given, run) for given in predictions_of(run)}
        return {key: figure for key, figure in found.items() if figure is not None}


def confusion_matrix(given: Predictions) -> np.ndarray:
    """Return the number of rows of each true and predicted class: (true classes, predicted classes) int64."""
    probability = class_probabilities(given.prediction)
    count = probability.shape[1]
    cells = given.target.astype(np.int64) * count + probability.argmax(axis=1)
    return np.bincount(cells, minlength=count * count).reshape(count, count)


def label_matrices(given: Predictions) -> np.ndarray:
    """Return the number of rows where each label is not true or true (axis 1), and predicted so (axis 2).

    The shape is (labels, 2, 2); a label is predicted if its probability is above 0.5.
    """
    cells = 2 * (given.target == 1) + (given.prediction > 0.5)
    counts = [(cells == number).sum(axis=0) for number in range(4)]
    return np.stack(counts, axis=-1).reshape(-1, 2, 2)


def _figure(given: Predictions, run: Run) -> Figure | None:
    output, title = given.output, f"Confusion matrix, {given.heading} of {run.id}"
    if output is None:
        return None
    if output.kind == "multilabel" and given.target.ndim == 2:
        counts = label_matrices(given)
        return _labels_figure(counts, class_names(output, len(counts)), title)
    if not output.has_classes or given.target.ndim > 1 or given.prediction.shape[1] > _MAX_CLASSES:
        return None
    counts = confusion_matrix(given)
    return _classes_figure(counts, class_names(output, len(counts)), title, in_order=output.kind == "ordinal")


def _classes_figure(counts: np.ndarray, names: list[str], title: str, *, in_order: bool) -> Figure:
    size = min(4.2 + 0.35 * len(names), 10.5)
    figure = new_figure(title, size + 1.5, size)
    axes = figure.add_subplot()
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true class")
    axes.grid(visible=False)
    axes.set_title(_correct(counts) + (f"\n{_near(counts):.2%} at most one class off" if in_order else ""))
    axes.set(xlabel="predicted class", ylabel="true class")
    _name_classes(axes, names)
    if len(names) <= 20:
        _write_counts(axes, counts, share, fontsize=min(10, 108 / len(names)))
    return figure


def _correct(counts: np.ndarray) -> str:
    return f"{np.trace(counts):,} of {counts.sum():,} rows correct ({np.trace(counts) / counts.sum():.2%})"


def _near(counts: np.ndarray) -> float:
    """Return the share of rows whose predicted class is the true one or a neighbour of it."""
    true, predicted = np.indices(counts.shape)
    return float(counts[np.abs(true - predicted) <= 1].sum() / counts.sum())


def _labels_figure(counts: np.ndarray, names: list[str], title: str) -> Figure:
    """Return a figure with a matrix for each label; of very many, for those that are true most often."""
    often = np.argsort(-counts[:, 1].sum(axis=1), kind="stable")[:_MAX_LABELS]
    shown = np.sort(often).tolist()
    columns = min(len(shown), _COLUMNS)
    rows = -(-len(shown) // columns)
    note = f" ({len(shown)} most frequent of {len(names):,} labels)" if len(shown) < len(names) else ""
    figure = new_figure(title + note, max(2.5 * columns, 7.2), 2.7 * rows + 0.6)
    for axes, number in zip(panels(figure, len(shown), columns), shown, strict=True):
        _draw_label(axes, counts[number], names[number])
    return figure


def _draw_label(axes: Axes, counts: np.ndarray, name: str) -> None:
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.grid(visible=False)
    axes.set_title(f"{caption(name, 24)}\n{np.trace(counts) / counts.sum():.2%} correct", fontsize=9)
    axes.set(xlabel="predicted", ylabel="true", xticks=(0, 1), yticks=(0, 1))
    axes.set_xticklabels(["no", "yes"])
    axes.set_yticklabels(["no", "yes"])
    _write_counts(axes, counts, share, fontsize=9)


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
