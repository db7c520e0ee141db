"""The reliability diagram: how often events of each predicted probability happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, ORANGE, legend_below, new_figure
from dlpy.runs.decision_records import CalibrationRecord
from dlpy.runs.decisions import read_calibration
from dlpy.runs.directory import Run
from dlpy.runs.results import Predictions, class_names, predictions_of
from dlpy.scores.calibration import are_probabilities, predicted_events, reliability
from dlpy.scores.temperature import calibrated, cross_calibrated

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Z = 1.96  # of a 95% interval
_WIDTHS = 20  # bins of the histogram


class Reliability(Plot):
    """Observed frequency over predicted probability, before and after calibration, with the number of rows by bin.

    Of two classes the event is the second one, of several classes that the most probable one is right, of labels each
    label. Bins hold equally many events; bars are 95% intervals of the frequency (Wilson).
    """

    name: Literal["reliability"] = "reliability"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        record = _calibration(run)
        found = {given.key: _figure(given, run, record) for given in predictions_of(run)}
        return {key: figure for key, figure in found.items() if figure is not None}


def _calibration(run: Run) -> CalibrationRecord | None:
    """Return the run's calibration, unless the stored predictions are those of another checkpoint."""
    scored = run.evaluation()
    is_best = all(told.checkpoint == "best" for told in scored.values())
    return read_calibration(run) if is_best else None


def _figure(given: Predictions, run: Run, record: CalibrationRecord | None) -> Figure | None:
    output = given.output
    if output is None or not (output.has_classes or output.kind == "multilabel"):
        return None
    if not are_probabilities(given.target, given.prediction):
        return None
    events = {"as predicted": predicted_events(given.target, given.prediction)}
    if record is not None and (temperature := _temperature(record, given.name)) is not None:
        label, after = f"temperature {temperature:.4g}", calibrated(given.target, given.prediction, temperature)
        if given.part in record.on:
            label, after = f"{label}, cross-fitted", cross_calibrated(given.target, given.prediction)
        events[label] = predicted_events(given.target, after)
    figure = new_figure(f"Reliability, {given.heading} of {run.id}", 6, 6.4)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    top.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="exactly right")
    for colour, (label, (probability, happened)) in zip((BLUE, ORANGE), events.items(), strict=False):
        _draw_curve(top, probability, happened, (label, colour))
        bottom.hist(probability, bins=np.linspace(0, 1, _WIDTHS + 1).tolist(), color=colour, histtype="step")
    top.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel=f"observed frequency of {_event(given)}")
    counted = "predicted labels" if given.target.ndim > 1 else "rows"
    bottom.set(xlabel=f"predicted probability of {_event(given)}", ylabel=counted)
    legend_below(figure)
    return figure


def _draw_curve(axes: Axes, probability: np.ndarray, happened: np.ndarray, style: tuple[str, str]) -> None:
    """Draw the frequencies by bin with their intervals; `style` is the label and the colour."""
    found, (label, colour) = reliability(probability, happened), style
    low, high = _wilson(found.frequency, found.count)
    bars = np.maximum([found.frequency - low, high - found.frequency], 0)
    least, most = found.count.min(), found.count.max()
    bins = f"{len(found.count)} bins of {f'{least:,} to {most:,}' if least < most else f'{most:,}'}"
    text = caption(f"{label}: ece {found.error:.4f} ({bins})", 90)
    axes.errorbar(
        found.probability, found.frequency, bars, color=colour, marker="o", markersize=4, elinewidth=0.8, label=text
    )


def _wilson(frequency: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of Wilson's 95% interval of each frequency of `count` events."""
    middle = (frequency + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * np.sqrt(frequency * (1 - frequency) / count + (_Z / (2 * count)) ** 2) / (1 + _Z**2 / count)
    return middle - half, middle + half


def _temperature(record: CalibrationRecord, name: str) -> float | None:
    return record.temperatures.get(name) if name else next(iter(record.temperatures.values()), None)


def _event(given: Predictions) -> str:
    """Return what the probabilities are of, in words."""
    if given.target.ndim > 1:
        return "each label"
    if given.prediction.shape[1] == 1 and given.output is not None:
        return caption(class_names(given.output, 2)[1], 24)
    return "the most probable class"
