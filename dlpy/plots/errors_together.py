"""Whether the errors of several outputs go together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import GREY, new_figure
from dlpy.runs.directory import Run
from dlpy.runs.predictions import PARTS, Stored
from dlpy.runs.results import stored_predictions
from dlpy.scores.class_scores import class_probabilities
from dlpy.scores.row_errors import absolute_errors, cross_entropies, label_cross_entropies, rank_correlation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_OUTPUTS = 30
_MOST_WRITTEN = 6  # outputs whose cells have room for more than the correlation


@dataclass(frozen=True)
class Errors:
    """The errors of an output: their rows (rows,), the errors (rows,), and whether each row is wrong (rows,)."""

    name: str
    index: np.ndarray
    error: np.ndarray
    wrong: np.ndarray


class ErrorsTogether(Plot):
    """The rank correlation between the errors of each two outputs, and the share of rows that are wrong in both."""

    name: Literal["errors_together"] = "errors_together"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        stored, figures = stored_predictions(run), {}
        for part in PARTS:
            found = [errors_of(one) for one in stored if one.part == part and one.output and one.of is not None]
            found = [errors for errors in found if len(errors.index)][:_MOST_OUTPUTS]
            if len(found) > 1:
                figures[part] = _figure(found, f"Errors of several outputs, {PARTS[part]} of {run.id}")
        return figures


def errors_of(stored: Stored) -> Errors:
    """Return the errors of an output, without rows whose predictions are not finite.

    Of numbers, they are absolute errors, and those above their mean are wrong. Of classes and labels, they are
    cross-entropies, and another class than the true one, or any wrong label, is wrong.
    """
    good = np.isfinite(stored.prediction).all(axis=1)
    target, prediction, kind = stored.target[good], stored.prediction[good], stored.of and stored.of.kind
    if kind == "regression":
        error = absolute_errors(target, prediction)
        wrong = error > (error.mean() if len(error) else 0)
    elif kind == "multilabel":
        error = label_cross_entropies(target, prediction)
        wrong = ((prediction > 0.5) != (target == 1)).any(axis=1)
    else:
        probability = class_probabilities(prediction)
        error, wrong = cross_entropies(target, probability), probability.argmax(axis=1) != target
    return Errors(stored.output, stored.index[good], error, wrong)


def shared(errors: Sequence[Errors]) -> list[Errors]:
    """Return the errors of several outputs for the rows that all of them have, in the same order."""
    index = errors[0].index
    for one in errors[1:]:
        index = np.intersect1d(index, one.index)
    places = [np.intersect1d(index, one.index, return_indices=True)[2] for one in errors]
    return [
        Errors(one.name, index, one.error[place], one.wrong[place]) for one, place in zip(errors, places, strict=True)
    ]


def _figure(found: list[Errors], title: str) -> Figure:
    from matplotlib.patches import Rectangle

    count, is_large = len(found), len(found) <= _MOST_WRITTEN
    names = [caption(errors.name, 20) for errors in found]
    upright = not is_large or max(map(len, names)) > 14
    side, beside = count * (1.6 if is_large else 0.62), 0.085 * max(map(len, names))
    figure = new_figure(title, max(side + beside + 0.6, 7.2), side + 1.6 + beside * upright)
    axes = figure.add_subplot()
    cells = np.full((count, count), np.nan)
    for column, row in itertools.combinations(range(count), 2):
        pair = shared([found[column], found[row]])
        cells[row, column] = rank_correlation(pair[0].error, pair[1].error)
        _write(axes, (column, row), _number(cells[row, column]), _counts(pair) if is_large else [])
    for place, errors in enumerate(found):
        axes.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, facecolor="#EEEEEE", edgecolor="white"))
        _write(axes, (place, place), _percent(errors.wrong), ["of the rows wrong"] if is_large else [])
    axes.imshow(cells, cmap="RdBu_r", vmin=-1.6, vmax=1.6)  # 1 is pale enough for black text
    axes.set_xticks(range(count), names, rotation=90 if upright else 0)
    axes.set_yticks(range(count), names)
    axes.grid(visible=False)
    axes.set_title(caption(f"wrong in all {count} outputs: {_all_wrong(shared(found))}", 100))
    axes.set_xlabel(
        "Spearman's rank correlation of absolute errors (numbers) and cross-entropies (classes)\n"
        "wrong: another class, any wrong label, or an absolute error above the mean",
        color=GREY,
        fontsize=8,
    )
    return figure


def _write(axes: Axes, at: tuple[int, int], number: str, lines: list[str]) -> None:
    """Write a number into the cell at (column, row), and smaller lines below it."""
    x, y = at
    axes.text(
        x,
        y - 0.14 * bool(lines),
        caption(number),
        ha="center",
        va="center",
        fontsize=12 if lines else 8,
        in_layout=False,
    )
    look = {"ha": "center", "va": "top", "color": "#333333", "linespacing": 1.3, "in_layout": False}
    axes.text(x, y, "\n".join(caption(line) for line in lines), fontsize=7.5, **look)


def _counts(pair: Sequence[Errors]) -> list[str]:
    """Return lines with the share of rows that are wrong in both, and the number of rows."""
    one, other = pair
    if not len(one.index):
        return ["no rows"]
    both = f"both wrong {_percent(one.wrong & other.wrong)}"
    return [both, f"if independent {_expected(pair):.1%}", f"{len(one.index):,} rows"]


def _all_wrong(errors: Sequence[Errors]) -> str:
    rows = len(errors[0].index)
    if not rows:
        return "no row has all targets"
    wrong = np.logical_and.reduce([one.wrong for one in errors])
    return f"{wrong.sum():,} of {rows:,} rows ({wrong.mean():.1%}; {_expected(errors):.1%} if independent)"


def _expected(errors: Sequence[Errors]) -> float:
    """Return the share of rows that would be wrong in all outputs if these were independent."""
    return math.prod(float(one.wrong.mean()) if len(one.wrong) else 0.0 for one in errors)


def _percent(wrong: np.ndarray) -> str:
    return f"{wrong.mean():.1%}" if len(wrong) else "-"


def _number(correlation: float) -> str:
    return "-" if math.isnan(correlation) else f"{round(correlation, 2) + 0.0:.2f}"  # no -0.00
