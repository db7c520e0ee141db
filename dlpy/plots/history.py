"""Training and validation curves of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from dlpy.components.objectives import DATA_LOSS
from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import (
    BLUE,
    GREY,
    ORANGE,
    draw_baseline,
    epoch_axis,
    legend_below,
    new_figure,
    score_axis,
)
from dlpy.drawing.phase_marks import mark_phases
from dlpy.plots.artwork import draw_terms
from dlpy.runs.directory import Run
from dlpy.runs.history import History, read_history
from dlpy.runs.record import Summary
from dlpy.runs.results import (
    baseline_name,
    baseline_of,
    is_weighted,
    names_of_outputs,
    of_one,
    score_caption,
    scores_by_output,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_COLUMNS = 4  # panels beside each other of one of several outputs


class HistoryPlot(Plot):
    """The loss and every metric over the epochs: training (dots), validation (line), best checkpoint and baseline.

    Of several outputs, each has its own panels in a row below those of the loss that is minimized.
    """

    name: Literal["history"] = "history"
    shows_training: ClassVar[bool] = True

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        history = read_history(run.metrics)
        if history is None:
            return {}
        if history.counted != "epoch":
            return {"": draw_terms(history, _title(run, "Loss"))}
        names = names_of_outputs(run)
        by_output = scores_by_output(history.scores(), names)
        columns = _columns(list(by_output.values()))
        places = _places(by_output, columns)
        rows = max(place for _, _, place in places) // columns + 1
        figure = new_figure(_title(run, "Training"), max(4.4 * columns, 6), 3 * rows + 0.8)
        for output, score, place in places:
            axes = figure.add_subplot(rows, columns, place + 1)
            draw_score(axes, score, history, output=output, weighted=is_weighted(run, score))
            _draw_landmarks(axes, score, history, run)
            draw_baseline(axes, baseline_of(run, score), _baseline(run, output, is_only=not names))
            mark_phases(axes, [(history.phase_starts(), GREY)])
        legend_below(figure)
        return {"": figure}


def _columns(groups: list[list[str]]) -> int:
    """Return the number of panels in a row; of several outputs, each begins a row."""
    most = max(map(len, groups))
    return min(most, 3 if most != 4 else 2) if len(groups) == 1 else min(most, _MOST_COLUMNS)


def _places(by_output: dict[str, list[str]], columns: int) -> list[tuple[str, str, int]]:
    """Return each output and score with the position of its panel."""
    found, first = [], 0
    for output, scores in by_output.items():
        found += [(output, score, first + number) for number, score in enumerate(scores)]
        first += -(-len(scores) // columns) * columns
    return found


def draw_score(axes: Axes, score: str, history: History, *, output: str = "", weighted: bool = False) -> None:
    """Draw the curves of one score: dots for training, a line for validation, as in Chollet 2017.

    Args:
        output: that the score is of, if there are several.
        weighted: whether class weights apply to the training curve.
    """
    training, validation = history.curves.get(score), history.curves.get(f"val_{score}")
    if training is not None:
        label = "training (class-weighted)" if weighted else "training"
        size = 4.5 if len(training) <= 50 else 2.5
        axes.plot(history.epochs, training, "o", color=BLUE, markersize=size, label=label)
    if validation is not None:
        marker = "_" if len(validation) == 1 else ""  # a line of one point is invisible
        axes.plot(history.epochs, validation, "-", marker=marker, markersize=16, color=ORANGE, label="validation")
    epoch_axis(axes, history.epochs)
    score_axis(axes, of_one(score, output), [curve for curve in (training, validation) if curve is not None])
    with_penalties = score == "loss" and DATA_LOSS in history.scores()
    axes.set_title("loss with penalties" if with_penalties else score_caption(score, output))


def _draw_landmarks(axes: Axes, score: str, history: History, run: Run) -> None:
    best = run.summary().best
    if best is not None and best.epoch is not None and len(history.epochs) > 1:
        label = caption(f"best checkpoint (epoch {best.epoch})")
        axes.axvline(best.epoch, color=GREY, linestyle=":", linewidth=1.2, label=label, zorder=1)


def _baseline(run: Run, output: str, *, is_only: bool) -> str:
    """Return the legend entry of a baseline: that of the only output, of one of several, or of all together."""
    if is_only:
        return f"baseline: {baseline_name(run)}"
    guess = baseline_name(run, output) if output else ""
    whose = caption(output, 20) if output else "all outputs together"
    return caption(f"baseline of {whose}" + (f": {guess}" if guess else ""), 58)


def _title(run: Run, what: str) -> str:
    status = run.record().status
    is_over = status == "completed" or (status == "running" and run.summary() != Summary())  # plots missing
    return f"{what} of {run.id}" + ("" if is_over else f" ({status})")
