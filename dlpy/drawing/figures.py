"""Plot style, shared axes helpers, and drawing plots into a run's `plots` folder."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.core.errors import ConfigError, RunError
from dlpy.drawing.png import DPI, pixels, save_pixels
from dlpy.runs.curves import limits
from dlpy.runs.directory import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The Okabe-Ito palette, safe for colour-blind readers; its yellow is left out, as it is hard to see on white.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, "#56B4E9", "#E69F00", "#000000")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#666666"

_FULL_NAMES = {
    "auc": "area under the curve",
    "bits": "bits per token",
    "bleu": "BLEU",
    "brier": "Brier score",
    "chrf": "chrF",
    "data_loss": "loss without penalties",
    "class_distance": "distance of classes",
    "cosine": "cosine similarity",
    "cross_entropy": "cross-entropy",
    "ece": "expected calibration error",
    "exact_match": "exact match",
    "f1": "F1 score",
    "learning_rate": "learning rate",
    "mae": "mean absolute error",
    "mape": "mean absolute percentage error",
    "mse": "mean squared error",
    "msle": "mean squared logarithmic error",
    "r2": "coefficient of determination",
    "rmse": "root mean squared error",
    "top_k": "top-k accuracy",
}
_MAX_INCHES = 100  # per side: matplotlib cannot draw a larger figure
_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.formatter.limits": (-4, 5),  # longer tick labels overlap on the x axis of a narrow panel
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.dpi": DPI,
    "figure.titlesize": 11,
    "font.size": 9,
    "grid.color": "#E0E0E0",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "text.parse_math": False,  # a `$` in a name is a dollar sign
}


def draw(runs: list[Run], names: list[str] | None, folder: Path) -> list[Path]:
    """Draw the named plots, or all that apply to the runs, into a folder; return the files written.

    Raises:
        ConfigError: there is no plot of that name.
        RunError: there is nothing to draw, or a file of the run is damaged.
    """
    plots, written = chosen(names, len(runs)), list[Path]()
    with style():
        for plot in plots:
            drawn = {file_of(plot, part, folder): figure for part, figure in plot.draw(runs).items()}
            if names is not None and not drawn:
                raise RunError(f"{plot.name} does not apply to {_listed(runs)}: no data to plot.")
            for path, figure in drawn.items():
                save(figure, path, runs)
            written += drawn
    if not written:
        if len(runs) > 1:
            raise RunError(f"{_listed(runs)} cannot be drawn in one plot: at most one of them has curves by epoch.")
        raise RunError(f"{_listed(runs)} has nothing to draw yet: no epoch has finished.")
    return written


def file_of(plot: Plot, part: str, folder: Path) -> Path:
    """Return the file of a plot's figure."""
    return folder / f"{plot.name}{f'-{part}' if part else ''}.png"


@contextmanager
def style() -> Iterator[None]:
    """Apply dlpy's plot style inside the block, regardless of the user's matplotlibrc."""
    import matplotlib

    # Glyphs missing from the font are drawn as boxes; one warning per glyph would bury the printed paths.
    with matplotlib.rc_context(), warnings.catch_warnings(action="ignore", category=UserWarning):
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def new_figure(title: str, width: float, height: float) -> Figure:
    """Return an empty figure (width and height in inches) with a title, shortened to fit."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(min(width, _MAX_INCHES), min(height, _MAX_INCHES)), layout="constrained")
    figure.suptitle(caption(title, int(width * 10)))
    return figure


def panels(figure: Figure, count: int, columns: int) -> list[Axes]:
    """Return `count` axes in rows of `columns`."""
    rows = -(-count // columns)
    return [figure.add_subplot(rows, columns, number + 1) for number in range(count)]


def epoch_axis(axes: Axes, epochs: np.ndarray, counted: str = "epoch") -> None:
    """Set integer ticks on the x axis and label it `counted` (epoch, step or iteration)."""
    from matplotlib.ticker import MaxNLocator

    margin = max(0.5, 0.02 * len(epochs))
    axes.set_xlim(epochs[0] - margin, epochs[-1] + margin)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.set_xlabel(caption(counted))


def score_axis(axes: Axes, score: str, curves: list[np.ndarray]) -> None:
    """Label the y axis; use a logarithmic scale if the values span more than four orders of magnitude.

    If the first epochs alone would flatten the rest of the curves, they are cut off and the plot says so.
    """
    axes.set_ylabel(full_name(score))
    values = np.concatenate(curves) if curves else np.empty(0)
    values = values[np.isfinite(values)]
    within = limits(curves)
    if within is not None:
        values = values[(values >= within[0]) & (values <= within[1])]
    if len(values) == 0:
        axes.text(0.5, 0.5, "undefined in every epoch", transform=axes.transAxes, ha="center", color=GREY)
    elif values.min() > 0 and values.max() > 1e4 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, position: f"{value:g}")
    elif within is not None:
        _cut(axes, *within)


def _cut(axes: Axes, low: float, high: float) -> None:
    """Limit the y axis to `low` to `high`, mark values outside with arrows, and note the most extreme one."""
    margin = 0.05 * (high - low)
    axes.set_ylim(low - margin, high + margin)
    cut: list[np.ndarray] = []
    for line in list(axes.get_lines()):
        epochs, values = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        for edge, marker, beyond in ((high, "^", values > high), (low, "v", values < low)):
            axes.plot(epochs[beyond], np.full(beyond.sum(), edge), marker, color=line.get_color(), markersize=4)
            cut.append(np.stack([epochs[beyond], values[beyond]]))
    epochs, values = np.concatenate(cut, axis=1)
    furthest, until = values[np.argmax(np.abs(values - (low + high) / 2))], int(epochs.max())
    text = f"cut off: epoch{'s 1 to' * (until > 1)} {until}, {'up' if furthest > high else 'down'} to {furthest:.4g}"
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    where, height = axes.transAxes, 0.92 if furthest > high else 0.08
    axes.text(
        0.98, height, caption(text, 80), transform=where, ha="right", va="center", fontsize=8, color=GREY, bbox=box
    )


def draw_baseline(axes: Axes, value: float | None, label: str) -> None:
    """Draw a thin line at the baseline; if that would squeeze the curves, write its value above the panel only."""
    if value is None:
        return
    low, high = axes.get_ylim()
    text = f"baseline {value:.4g}"
    if low - 0.6 * (high - low) <= value <= high + 0.6 * (high - low):
        axes.axhline(value, color=GREY, linestyle="--", linewidth=1, label=caption(label, 70))
    else:
        text += " (far below)" if value < low else " (far above)"
    axes.set_title(text, loc="right", fontsize=8, color=GREY)


def legend_below(figure: Figure) -> None:
    """Add one shared legend below all panels."""
    found = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        found |= dict(zip(labels, handles, strict=True))
    if found:
        width = max(map(len, found)) * 0.075 + 0.7  # inches per entry
        columns = max(1, int(figure.get_size_inches()[0] / width))
        figure.legend(list(found.values()), list(found), loc="outside lower center", ncols=min(columns, len(found)))


def full_name(score: str) -> str:
    """Return the full name of a score: "mean absolute error" for "mae"."""
    return caption(_FULL_NAMES.get(score, score))


def save(figure: Figure, path: Path, runs: list[Run], shown: str = "") -> None:
    """Write the figure as a PNG; the stand-in banner is added here, so that no plot can forget it.

    Args:
        figure, path, runs: what to write, where, and of which runs.
        shown: the digest of the data in the figure.
    """
    save_pixels(pixels(figure), path, runs, shown)


def chosen(names: list[str] | None, runs: int) -> list[Plot]:
    """Return the named plots, or all plots for one run, or for several runs."""
    registry = Plot.registry
    plots = [registry.get(name)(name=name) for name in (registry.names() if names is None else names)]
    if names is None:
        return [plot for plot in plots if plot.overlays == (runs > 1)]
    for plot in plots:
        if plot.overlays and runs == 1:
            raise ConfigError(f"{plot.name} compares several runs: give at least two.")
        if runs > 1 and not plot.overlays:
            raise ConfigError(f"{plot.name} shows one run at a time, not {runs}: give one run.")
    return plots


def _listed(runs: list[Run]) -> str:
    return ", ".join(run.id for run in runs)
