"""Training and validation curves of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

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
    panels,
    score_axis,
)
from dlpy.drawing.phase_marks import mark_phases
from dlpy.plots.artwork import draw_terms
from dlpy.runs.directory import Run
from dlpy.runs.history import History, read_history
from dlpy.runs.record import Summary
from dlpy.runs.results import baseline_name, baseline_of, is_weighted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class HistoryPlot(Plot):
    """The loss and every metric over the epochs: training (dots), validation (line), best checkpoint and baseline."""

    name: Literal["history"] = "history"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        history = read_history(run.metrics)
        if history is None:
            return {}
        if history.counted != "epoch":
            return {"": draw_terms(history, _title(run, "Loss"))}
        scores = history.scores()
        columns = min(len(scores), 3 if len(scores) != 4 else 2)
        rows = -(-len(scores) // columns)
        figure = new_figure(_title(run, "Training"), max(4.4 * columns, 6), 3 * rows + 0.8)
        for axes, score in zip(panels(figure, len(scores), columns), scores, strict=True):
            draw_score(axes, score, history, weighted=is_weighted(run, score))
            _draw_landmarks(axes, score, history, run)
            mark_phases(axes, [(history.phase_starts(), GREY)])
        legend_below(figure)
        return {"": figure}


def draw_score(axes: Axes, score: str, history: History, *, weighted: bool = False) -> None:
    """Draw the curves of one score: dots for training, a line for validation, as in Chollet 2017.

    Args:
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
    score_axis(axes, score, [curve for curve in (training, validation) if curve is not None])
    title = "loss with penalties" if score == "loss" and DATA_LOSS in history.scores() else score
    axes.set_title(caption(title))


def _draw_landmarks(axes: Axes, score: str, history: History, run: Run) -> None:
    best = run.summary().best
    if best is not None and best.epoch is not None and len(history.epochs) > 1:
        label = caption(f"best checkpoint (epoch {best.epoch})")
        axes.axvline(best.epoch, color=GREY, linestyle=":", linewidth=1.2, label=label, zorder=1)
    draw_baseline(axes, baseline_of(run, score), f"baseline: {baseline_name(run)}")


def _title(run: Run, what: str) -> str:
    status = run.record().status
    is_over = status == "completed" or (status == "running" and run.summary() != Summary())  # plots missing
    return f"{what} of {run.id}" + ("" if is_over else f" ({status})")
