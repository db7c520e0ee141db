"""Series with the true and the predicted class of each time step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.data.steps import STRIDE
from dlpy.drawing.figures import COLOURS, GREY, new_figure
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored, StoredSeries, read_series
from dlpy.runs.results import class_names, stored_predictions
from dlpy.scores.class_scores import class_probabilities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_COLUMNS = 6
_MOST_CLASSES = len(COLOURS)


class StepClasses(Plot):
    """Some series of each part, and below each the true and the predicted class of every time step in colors."""

    name: Literal["step_classes"] = "step_classes"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        found = {stored.key: (stored, read_series(run.predictions, stored.key)) for stored in stored_predictions(run)}
        return {
            key: _figure(run, stored, series)
            for key, (stored, series) in found.items()
            if series is not None and stored.of is not None and 1 < stored.of.class_count <= _MOST_CLASSES
        }


def _figure(run: Run, stored: Stored, series: StoredSeries) -> Figure:
    count, steps = series.values.shape[:2]
    figure = new_figure(f"Classes of time steps, {stored.heading} of {run.id}", 10, 0.6 + 1.9 * count)
    grid = figure.add_gridspec(2 * count, 1, height_ratios=[3, 1.1] * count)
    probability = class_probabilities(stored.prediction)
    known = np.isin(stored.index // STRIDE, series.rows)
    index, wanted, said = stored.index[known], stored.target[known], probability[known].argmax(axis=1)
    for number, row in enumerate(series.rows.tolist()):
        bands = np.full((2, steps), -1, np.int64)
        own = index // STRIDE == row
        place = index[own] % STRIDE
        inside = place < steps
        bands[:, place[inside]] = np.stack([wanted[own][inside], said[own][inside]])
        above = figure.add_subplot(grid[2 * number])
        _draw_series(above, series.values[number], row)
        below = figure.add_subplot(grid[2 * number + 1], sharex=above)
        _draw_bands(below, bands)
        below.tick_params(labelbottom=number == count - 1)
        below.set_xlabel("time step" if number == count - 1 else "")
    _legend(figure, class_names(stored.of, probability.shape[1]) if stored.of else [])
    return figure


def _draw_series(axes: Axes, values: np.ndarray, row: int) -> None:
    """Draw the columns of a series, one over the other."""
    for column in range(min(values.shape[1], _MOST_COLUMNS)):
        axes.plot(values[:, column], color=GREY, linewidth=0.8, alpha=1 - 0.6 * column / _MOST_COLUMNS)
    axes.set_ylabel(f"row {row:d}")
    axes.tick_params(labelbottom=False)
    axes.margins(x=0)


def _draw_bands(axes: Axes, bands: np.ndarray) -> None:
    """Draw classes as colors, the true ones above; white where a step has no class."""
    from matplotlib.colors import ListedColormap

    colours = ListedColormap(["white", *COLOURS])
    axes.imshow(bands, aspect="auto", interpolation="nearest", cmap=colours, vmin=-1.5, vmax=len(COLOURS) - 0.5)
    axes.set_yticks([0, 1], [caption(text) for text in ("true", "predicted")])
    axes.grid(visible=False)


def _legend(figure: Figure, names: list[str]) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=COLOURS[number], label=caption(name, 24)) for number, name in enumerate(names)]
    figure.legend(handles=patches, loc="outside lower center", ncols=min(len(names), _MOST_CLASSES), frameon=False)
