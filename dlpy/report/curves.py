"""The curves of runs by epoch: the data of the charts, and the elements that show and control them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from dlpy.core.errors import shortened
from dlpy.report.markup import Markup, element
from dlpy.report.tables import number, table
from dlpy.runs.curves import limits
from dlpy.runs.directory import KFOLD, SEEDS, Run
from dlpy.runs.history import History, fold_histories, mean_history, read_history, seed_histories
from dlpy.runs.results import baseline_of

_MOST_POINTS = 1000  # of a curve; of a longer one, every n-th epoch is kept
_MOST_VALUES = 60_000  # of all curves: about half a megabyte
_MOST_SINGLE = 10  # folds or seeds with a curve of their own
_MOST_LINES = 100  # of the table
_WIDE = 1e4  # ratio of the largest and the smallest value from which the axis is logarithmic
COLOURS = 7


@dataclass(frozen=True)
class Curve:
    """One curve of a chart.

    values: (epochs,), NaN where undefined. shown: whether it is drawn at first.
    """

    label: str
    values: np.ndarray
    colour: int
    dashed: bool = False
    shown: bool = True


@dataclass(frozen=True)
class Chart:
    """The curves of one score."""

    score: str
    counted: str
    epochs: np.ndarray
    curves: Sequence[Curve]
    baseline: float | None = None


def charts_of(runs: Sequence[Run], names: Mapping[Run, str]) -> list[Chart]:
    """Return a chart for each score of the runs, with the curves of all of them.

    Args:
        runs: with or without curves.
        names: as they are shown.
    """
    found = {run: histories_of(run) for run in runs}
    known = {run: histories for run, histories in found.items() if histories}
    scores = list(dict.fromkeys(score for histories in known.values() for score in histories[0].scores()))
    charts = [_chart(score, known, names, alone=len(runs) == 1) for score in scores]
    return [chart for chart in charts if chart.curves]


def histories_of(run: Run) -> list[History]:
    """Return the scores by epoch of a run: first its own, or the mean of its folds or seeds, then those of each."""
    kind = run.record().kind
    several = {KFOLD: fold_histories, SEEDS: seed_histories}
    if kind in several:
        parts = several[kind](run)
        return [mean_history(parts), *parts] if parts else []
    own = read_history(run.metrics)
    return [] if own is None else [own]


def _chart(score: str, known: Mapping[Run, list[History]], names: Mapping[Run, str], *, alone: bool) -> Chart:
    longest = max((histories[0] for histories in known.values()), key=lambda history: len(history.epochs))
    curves: list[Curve] = []
    for place, (run, histories) in enumerate(known.items()):
        before = "" if alone else f"{shortened(names[run], 40)}: "
        curves += _curves_of(score, histories[0], before + ("mean, " if histories[1:] else ""), place, alone=alone)
        curves += _single_curves(score, histories[1:], _names_of_parts(run)) if alone else []
    curves = [Curve(c.label, _padded(c.values, len(longest.epochs)), c.colour, c.dashed, c.shown) for c in curves]
    base = baseline_of(next(iter(known)), score) if alone else None
    return Chart(score, longest.counted, longest.epochs, curves, base)


def _curves_of(score: str, history: History, before: str, place: int, *, alone: bool) -> list[Curve]:
    """Return the curves of a score of one run; beside those of validation rows, those of training rows are dashed.

    Args:
        score: without val_.
        history: of the run, or the mean of its folds or seeds.
        before: what precedes their labels.
        place: of the run among others, which decides its colour.
        alone: whether it is the only run: training and validation rows then have their own colours.
    """
    training, held_out = history.curves.get(score), history.curves.get(f"val_{score}")
    label = score if score == "learning_rate" or history.counted != "epoch" else "training"
    curves, colour = [], 0 if alone else place % COLOURS
    if training is not None:
        shown = alone or held_out is None
        curves.append(Curve(f"{before}{label}", training, colour, held_out is not None, shown))
    if held_out is not None:
        curves.append(Curve(f"{before}validation", held_out, 1 if alone else colour))
    return curves


def _names_of_parts(run: Run) -> Iterator[str]:
    """Yield the names of the folds or of the seeds of a run, as the table of their scores has them."""
    if run.record().kind == SEEDS:
        yield from (f"seed {seed.seed}" for seed in run.summary().seeds)
    yield from (f"fold {place}" for place in count(1))


def _single_curves(score: str, histories: Sequence[History], names: Iterator[str]) -> list[Curve]:
    """Return the curve of each fold or seed, which are switched off at first."""
    found = [history.curves.get(f"val_{score}", history.curves.get(score)) for history in histories[:_MOST_SINGLE]]
    return [
        Curve(name, values, place % COLOURS, True, False)
        for place, (name, values) in enumerate(zip(names, found, strict=False), start=2)
        if values is not None
    ]


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([values[:length], np.full(max(0, length - len(values)), np.nan)])


def data_of(charts: Sequence[Chart]) -> list[dict[str, Any]]:
    """Return what the script of the page reads: for each chart its epochs and the values of each curve."""
    count = sum(len(chart.curves) for chart in charts)
    most = max(20, min(_MOST_POINTS, _MOST_VALUES // max(1, count)))
    return [_data(chart, most) for chart in charts]


def _data(chart: Chart, most: int) -> dict[str, Any]:
    kept = thinned(len(chart.epochs), most)
    values = [curve.values for curve in chart.curves]
    shown = np.concatenate([curve.values for curve in chart.curves if curve.shown] or [np.empty(0)])
    shown = shown[np.isfinite(shown)]
    is_log = bool(len(shown)) and shown.min() > 0 and shown.max() > _WIDE * shown.min()
    return {
        "score": chart.score,
        "counted": chart.counted,
        "x": [int(epoch) for epoch in chart.epochs[kept]],
        "curves": [
            {"label": c.label, "y": _rounded(c.values[kept]), "colour": c.colour, "dashed": c.dashed, "shown": c.shown}
            for c in chart.curves
        ],
        "baseline": chart.baseline,
        "log": is_log,
        "within": None if is_log else limits(values),
    }


def thinned(count: int, most: int) -> np.ndarray:
    """Return the positions that are kept of `count`, at most about `most`: every n-th and the last."""
    step = -(-count // most)
    return np.unique(np.append(np.arange(0, count, step), count - 1))


def _rounded(values: np.ndarray) -> list[float | None]:
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values.tolist()]


def chart_elements(charts: Sequence[Chart]) -> list[Markup]:
    """Return the figures that the script fills, and the table of all values."""
    if not charts:
        return []
    told = "Drag over a chart to zoom, or use its buttons. Each curve can be switched on and off."
    without = element("noscript", element("p", "The charts need JavaScript; the table below has their values."))
    figures = [_figure(place, chart) for place, chart in enumerate(charts)]
    return [element("p", told, class_="hint"), without, element("div", *figures, class_="charts"), _values(charts)]


def _figure(place: int, chart: Chart) -> Markup:
    name = f"chart-{place}"
    dotted = element("span", ", dotted", class_="dotted")  # the script hides it where the line is out of sight
    base = [] if chart.baseline is None else [f" (baseline {number(chart.baseline)}", dotted, ")"]
    switches = [_switch(position, curve) for position, curve in enumerate(chart.curves)]
    return element(
        "figure",
        element("figcaption", chart.score, *base, id=name),
        element("div", class_="canvas", role="img", aria_label=f"{chart.score} by {chart.counted}"),
        element("div", *switches, class_="switches", role="group", aria_label=f"Curves of {chart.score}"),
        _controls(chart),
        class_="chart",
        data_chart=place,
        aria_labelledby=name,
    )


def _switch(place: int, curve: Curve) -> Markup:
    look = f"key colour-{curve.colour}{' dashed' if curve.dashed else ''}"
    content = (element("span", class_=look, aria_hidden="true"), element("span", curve.label), element("output"))
    pressed = "true" if curve.shown else "false"
    return element("button", *content, type="button", aria_pressed=pressed, data_curve=place)


def _controls(chart: Chart) -> Markup:
    low, high = int(chart.epochs[0]), int(chart.epochs[-1])
    slider = element("input", type="range", min=low, max=high, value=high, step=1)
    label = element("label", element("span", f"{chart.counted} "), slider, element("output", str(high)))
    zooms = {"in": "Zoom in", "out": "Zoom out", "all": "Whole range"}
    buttons = [
        element("button", title, type="button", data_zoom=key, aria_label=f"{title}: {chart.score}")
        for key, title in zooms.items()
    ]
    return element("div", label, *buttons, class_="controls")


def _values(charts: Sequence[Chart]) -> Markup:
    """Return a table of the curves, of at most about a hundred epochs."""
    longest = max(charts, key=lambda chart: len(chart.epochs))
    kept = thinned(len(longest.epochs), _MOST_LINES)
    curves = {f"{chart.score}: {curve.label}": curve for chart in charts for curve in chart.curves}
    columns = {name: _padded(curve.values, len(longest.epochs)) for name, curve in curves.items()}
    rows = [[f"{longest.epochs[at]:g}", *(number(float(own[at])) for own in columns.values())] for at in kept]
    caption = f"Scores by {longest.counted}"
    if len(kept) < len(longest.epochs):
        caption += f", {len(kept)} of {len(longest.epochs):,}"
    shown = table(caption, [longest.counted, *columns], rows, numeric=range(1, len(columns) + 1))
    return element("details", element("summary", "Values of the curves"), shown)
