"""Training and validation curves of several runs, overlaid."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
from dlpy.runs.history import History, fold_histories, mean_history, read_history, seed_histories
from dlpy.runs.results import (
    baseline_of,
    is_weighted,
    names_of_outputs,
    of_one,
    outputs_of,
    score_caption,
    scores_by_output,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DATE = re.compile(r"^\d{8}-\d{6}-")


@dataclass(frozen=True)
class _Compared:
    """A run of a comparison: its label, and its scores as they are named in it.

    before: what is put before the names of its own scores, if it has one output of a run with several.
    """

    label: str
    run: Run
    history: History
    before: str = ""

    def baseline(self, name: str) -> float | None:
        """Return the baseline of a score if it was computed on the same rows as the score."""
        part, score = ("validation" if name.startswith("val_") else "train"), name.removeprefix("val_")
        known = self.run.summary().baseline
        return baseline_of(self.run, score.removeprefix(self.before)) if known and known.on == part else None

    def is_weighted(self, score: str) -> bool:
        """Return whether the training curve of a score is weighted by class."""
        return is_weighted(self.run, score.removeprefix(self.before))


class Comparison(Plot):
    """Overlaid curves of several runs for every score, training and validation side by side (Chollet 2017, 4.4).

    Of several outputs, each has a figure; a run with one of these outputs alone is compared in that figure.
    """

    name: Literal["comparison"] = "comparison"
    overlays = True

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        found = {name: history for name, run in labelled(runs).items() if (history := _history(run)) is not None}
        if not found:
            return {}
        histories, named = _with_data_loss(found), labelled(runs)
        outputs = list(dict.fromkeys(name for run in runs for name in names_of_outputs(run)))
        compared = [_compared(label, named[label], history, outputs) for label, history in histories.items()]
        logged = dict.fromkeys(name for one in compared for name in one.history.curves)
        scores = dict.fromkeys(name.removeprefix("val_") for name in logged if name != "learning_rate")
        title = f"Comparison of {len(found)} runs"
        return {
            output: _figure(f"{title}, {output}" if output else title, compared, output, own)
            for output, own in scores_by_output(scores, outputs).items()
        }


def _compared(label: str, run: Run, history: History, outputs: list[str]) -> _Compared:
    """Return a run of a comparison in which some runs have these outputs; none if all have a single one."""
    own = list(outputs_of(run))
    if len(own) != 1 or own[0] not in outputs:
        return _Compared(label, run, history)
    before, curves = f"{own[0]}_", dict(history.curves)
    for prefix in ("", "val_"):  # with several outputs, the loss of each is that without penalties
        curves |= {f"{prefix}loss": curves.pop(f"{prefix}{DATA_LOSS}")} if f"{prefix}{DATA_LOSS}" in curves else {}
    curves = {_prefixed(name, before): curve for name, curve in curves.items()}
    return _Compared(label, run, replace(history, curves=curves), before)


def _prefixed(name: str, before: str) -> str:
    if name == "learning_rate":
        return name
    return f"val_{before}{name.removeprefix('val_')}" if name.startswith("val_") else before + name


def _figure(title: str, compared: list[_Compared], output: str, scores: list[str]) -> Figure:
    """Return the figure of the scores of an output; the empty output is the only one, or all together."""
    logged = {name for one in compared for name in one.history.curves}
    prefixes = ["", "val_"] if any(f"val_{score}" in logged for score in scores) else [""]
    figure = new_figure(title, 5.2 * len(prefixes) + 0.8, 3 * len(scores) + 0.9)
    phases = [(one.history.phase_starts(), _colour(number)) for number, one in enumerate(compared)]
    for row, score in enumerate(scores):
        for column, prefix in enumerate(prefixes):
            if prefix + score in logged:
                axes = figure.add_subplot(len(scores), len(prefixes), row * len(prefixes) + column + 1)
                _draw_score(axes, prefix + score, compared, output)
                if not prefix and any(one.is_weighted(score) for one in compared):
                    axes.set_title(f"training {caption(score)} (class-weighted in some runs)")
                draw_baseline(axes, _shared_baseline(compared, prefix + score, output), "baseline")
                mark_phases(axes, phases)
    legend_below(figure)
    return figure


def _draw_score(axes: Axes, name: str, compared: list[_Compared], output: str) -> None:
    score = name.removeprefix("val_")
    histories = {one.label: one.history for one in compared}
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
    curves = [history.curves[name] for history in histories.values() if name in history.curves]
    score_axis(axes, of_one(score, output), curves)
    axes.set_title(f"{'validation' if name.startswith('val_') else 'training'} {score_caption(score, output)}")


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def labelled(runs: list[Run]) -> dict[str, Run]:
    """Return the runs by legend label: the id without its date, or the whole id if labels would clash."""
    short = [_DATE.sub("", run.id) for run in runs]
    unique = len(set(map(caption, short))) == len(short)
    return {name if unique else run.id: run for name, run in zip(short, runs, strict=True)}


def _history(run: Run) -> History | None:
    """Return the history of a run; of a run with folds or seeds, the mean over these."""
    several = fold_histories(run) or seed_histories(run)
    return mean_history(several) if several else read_history(run.metrics)


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


def _shared_baseline(compared: list[_Compared], name: str, output: str) -> float | None:
    """Return the baseline of a score, or None unless the runs share it: of an output, those that have it."""
    values = {one.baseline(name) for one in compared if not output or name in one.history.curves}
    return values.pop() if len(values) == 1 else None
