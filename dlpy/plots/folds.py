"""Validation curves of the folds of a k-fold run, and their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, ORANGE, draw_baseline, epoch_axis, legend_below, new_figure, score_axis
from dlpy.runs.curves import FACTOR, SKIPPED, is_long, smooth
from dlpy.runs.directory import Run
from dlpy.runs.history import History, fold_histories, mean_history
from dlpy.runs.results import (
    baseline_of,
    names_of_outputs,
    of_one,
    score_caption,
    scores_by_output,
    spread_lines,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Folds(Plot):
    """Each fold's validation curve (thin), their mean (thick) and, for long runs, the smoothed mean (Chollet 3.6).

    After `dlpy kfold --interval`, the last mean has its interval.

    Of several outputs, each has a figure, beside that of the loss that is minimized.
    """

    name: Literal["folds"] = "folds"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        folds = fold_histories(run)
        columns = dict.fromkeys(name for fold in folds for name in fold.curves if name.startswith("val_"))
        if not columns:
            return {}
        by_output = scores_by_output([name.removeprefix("val_") for name in columns], names_of_outputs(run))
        return {output: _figure(run, folds, output, scores) for output, scores in by_output.items()}


def _figure(run: Run, folds: list[History], output: str, scores: list[str]) -> Figure:
    """Return the figure of the scores of an output; the empty output is the only one, or all together."""
    mean = mean_history(folds)
    columns = 2 if is_long(mean.epochs) else 1
    title = f"{caption(output, 24)}, {len(folds)} folds" if output else f"{len(folds)} folds"
    figure = new_figure(f"{title} of {run.id}", 5 * columns + 0.5, 3 * len(scores) + 0.8)
    best = _best_epoch(run, mean)
    spread = spread_lines(run)
    for row, score in enumerate(name for name in scores if f"val_{name}" in mean.curves):
        axes = [figure.add_subplot(len(scores), columns, row * columns + i + 1) for i in range(columns)]
        _draw_raw(axes[0], score, folds, mean, output)
        if f"val_{score}" in spread:
            axes[0].set_xlabel(f"epoch\n{caption(spread[f'val_{score}'], 90)}")
        _draw_interval(axes[0], run, f"val_{score}", int(mean.epochs[-1]))
        draw_baseline(axes[0], baseline_of(run, score), "baseline")
        if columns == 2:
            _draw_smoothed(axes[1], score, mean, output)
        for each in axes:
            label = caption(f"best epoch ({best})")
            each.axvline(best, color=GREY, linestyle=":", linewidth=1.2, label=label, zorder=1)
    legend_below(figure)
    return figure


def _draw_raw(axes: Axes, score: str, folds: list[History], mean: History, output: str) -> None:
    held_out = f"val_{score}"
    marker = "o" if len(mean.epochs) == 1 else ""
    for fold in folds:
        if held_out in fold.curves:
            curve = fold.curves[held_out]
            axes.plot(fold.epochs, curve, "-", marker=marker, color=BLUE, linewidth=0.7, label="each fold")
    axes.plot(mean.epochs, mean.curves[held_out], marker=marker, color=ORANGE, linewidth=2.4, label="mean over folds")
    epoch_axis(axes, max((fold.epochs for fold in folds), key=len))
    curves = [fold.curves[held_out] for fold in folds if held_out in fold.curves]
    score_axis(axes, of_one(score, output), curves)
    axes.set_title(f"validation {score_caption(score, output)}")


def _draw_interval(axes: Axes, run: Run, score: str, epoch: int) -> None:
    """Draw the interval of the mean over the folds after the last epoch, if `--interval` asked for it."""
    summary = run.summary()
    value = (summary.mean or {}).get(score)
    low, high = (None, None) if summary.intervals is None else summary.intervals.scores.get(score, (None, None))
    if summary.intervals is not None and value is not None and low is not None and high is not None:
        label = caption(f"{100 * summary.intervals.level:g} % interval of the mean")
        axes.errorbar(
            [epoch],
            [value],
            [[value - low], [high - value]],
            fmt="o",
            color="black",
            markersize=3,
            capsize=4,
            label=label,
            zorder=5,
        )


def _draw_smoothed(axes: Axes, score: str, mean: History, output: str) -> None:
    values = smooth(mean.curves[f"val_{score}"])
    axes.plot(mean.epochs[SKIPPED:], values, color=ORANGE, linewidth=2.4)
    epoch_axis(axes, mean.epochs)
    score_axis(axes, of_one(score, output), [values])
    axes.set_title(f"mean, smoothed (factor {FACTOR:g}), first {SKIPPED:d} epochs omitted")


def _best_epoch(run: Run, mean: History) -> int:
    """Return the best epoch recorded by the run; before it finishes, the epoch of the lowest mean validation loss."""
    recorded = run.summary().best
    if recorded is not None and recorded.epoch is not None:
        return recorded.epoch
    loss = mean.curves.get("val_loss", np.full(len(mean.epochs), np.nan))
    return int(mean.epochs[np.argmin(np.where(np.isnan(loss), np.inf, loss))])
