"""Training and validation curves of several runs, overlaid."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from dlpy.components.objectives import DATA_LOSS
from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import (
    COLOURS,
    LINES,
    MARKERS,
    draw_baseline,
    epoch_axis,
    legend_below,
    new_figure,
    score_axis,
)
from dlpy.drawing.phase_marks import mark_phases
from dlpy.runs.directory import Run
from dlpy.runs.history import History, fold_histories, mean_history, read_history
from dlpy.runs.results import baseline_of, is_weighted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DATE = re.compile(r"^\d{8}-\d{6}-")


class Comparison(Plot):
    """Overlaid curves of several runs for every score, training and validation side by side (Chollet 2017, 4.4)."""

    name: Literal["comparison"] = "comparison"
    overlays = True

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        found = [(name, history) for name, run in _named(runs).items() if (history := _history(run)) is not None]
        if not found:
            return {}
        histories = _with_data_loss(dict(found))
        logged = dict.fromkeys(name for history in histories.values() for name in history.curves)
        columns = [name for name in logged if name != "learning_rate"]
        prefixes = ["", "val_"] if any(name.startswith("val_") for name in columns) else [""]
        scores = list(dict.fromkeys(name.removeprefix("val_") for name in columns))
        phases = [(history.phase_starts(), _colour(number)) for number, history in enumerate(histories.values())]
        figure = new_figure(f"Comparison of {len(found)} runs", 5.2 * len(prefixes) + 0.8, 3 * len(scores) + 0.9)
        for row, score in enumerate(scores):
            for column, prefix in enumerate(prefixes):
                if prefix + score in columns:
                    axes = figure.add_subplot(len(scores), len(prefixes), row * len(prefixes) + column + 1)
                    _draw_score(axes, prefix + score, histories)
                    if not prefix and any(is_weighted(run, score) for run in runs):
                        axes.set_title(f"training {caption(score)} (class-weighted in some runs)")
                    draw_baseline(axes, _shared_baseline(runs, prefix + score), "baseline")
                    mark_phases(axes, phases)
        legend_below(figure)
        return {"": figure}


def _draw_score(axes: Axes, name: str, histories: dict[str, History]) -> None:
    score = name.removeprefix("val_")
    for number, (run, history) in enumerate(histories.items()):
        if name in history.curves:
            axes.plot(
                history.epochs,
                history.curves[name],
                color=_colour(number),
                linestyle=LINES[(number + number // len(COLOURS)) % len(LINES)],
                marker=MARKERS[number % len(MARKERS)],
                markevery=max(1, len(history.epochs) // 10),
                markersize=4.5,
                label=caption(run),
            )
    counted = " or ".join(dict.fromkeys(history.counted for history in histories.values()))
    epoch_axis(axes, max((history.epochs for history in histories.values()), key=len), counted)
    score_axis(axes, score, [history.curves[name] for history in histories.values() if name in history.curves])
    axes.set_title(f"{'validation' if name.startswith('val_') else 'training'} {caption(score)}")


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _named(runs: list[Run]) -> dict[str, Run]:
    """Return the runs by legend label: the id without its date, or the whole id if labels would clash."""
    short = [_DATE.sub("", run.id) for run in runs]
    unique = len(set(map(caption, short))) == len(short)
    return {name if unique else run.id: run for name, run in zip(short, runs, strict=True)}


def _history(run: Run) -> History | None:
    """Return the history of a run; for a k-fold run, the mean over its folds."""
    folds = fold_histories(run)
    return mean_history(folds) if folds else read_history(run.metrics)


def _with_data_loss(histories: dict[str, History]) -> dict[str, History]:
    """Return the histories; if some record the loss without penalties, copy the others' loss as theirs."""
    if not any(DATA_LOSS in history.scores() for history in histories.values()):
        return histories
    filled = {}
    for name, history in histories.items():
        losses = [key for key in ("loss", "val_loss") if key in history.curves]
        curves = {key.replace("loss", DATA_LOSS): history.curves[key] for key in losses} | history.curves
        filled[name] = replace(history, curves=curves)
    return filled


def _shared_baseline(runs: list[Run], name: str) -> float | None:
    """Return the baseline of a score, or None unless all runs share it and computed it on the same rows."""
    part = "validation" if name.startswith("val_") else "train"
    known = [run.summary().baseline for run in runs]
    values = {baseline_of(run, name.removeprefix("val_")) for run in runs}
    return values.pop() if len(values) == 1 and all(each is not None and each.on == part for each in known) else None
