"""What a model that makes rows has learnt: its latent space, and pictures out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import COLOURS, MARKERS, new_figure
from dlpy.runs.arrays import Arrays
from dlpy.runs.directory import Run
from dlpy.runs.images import read_made
from dlpy.runs.results import class_names, output_of
from dlpy.sampling.images import square_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 7.0  # inches
_MAP_LIMIT = 99.5  # per cent of the rows that the map shows: a few lie far out


class Made(Plot):
    """Reconstructions, ways between two rows, the latent grid and map of a vae; samples of a gan beside real rows."""

    name: Literal["made"] = "made"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        stored = read_made(run.made)
        drawings = {
            "reconstructions": _reconstructions,
            "grid": _grid,
            "interpolation": _interpolation,
            "edited": _edited,
            "samples": _samples,
        }
        found = {name: drawing(run, stored) for name, drawing in drawings.items() if name in stored}
        if "labels" in stored and stored["means"].shape[1] == 2:
            found["map"] = _map(run, stored)
        return found


def _reconstructions(run: Run, stored: Arrays) -> Figure:
    both = np.concatenate([stored["originals"], stored["reconstructions"]])
    title = f"{str(stored['part']).capitalize()} rows of {run.id}, and what is left of them"
    figure, axes = _sheet(title, both, len(stored["originals"]))
    _name_rows(axes, ["as they are", "rebuilt"])
    return figure


def _grid(run: Run, stored: Arrays) -> Figure:
    side = len(stored["grid"])
    cells = stored["grid"].reshape(-1, *stored["grid"].shape[2:])
    figure, axes = _sheet(f"What {run.id} makes over its latent space", cells, side)
    axes.set_axis_on()
    axes.grid(visible=False)
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel("first latent number, from its 5 % to its 95 % quantile")
    axes.set_ylabel("second latent number")
    return figure


def _interpolation(run: Run, stored: Arrays) -> Figure:
    paths, steps = stored["interpolation"].shape[:2]
    cells = stored["interpolation"].reshape(-1, *stored["interpolation"].shape[2:])
    figure, axes = _sheet(f"Ways between two rows in the latent space of {run.id}", cells, steps)
    _name_rows(axes, [f"pair {number + 1}" for number in range(paths)])
    return figure


def _edited(run: Run, stored: Arrays) -> Figure:
    steps = stored["edited"].shape[1]
    cells = stored["edited"].reshape(-1, *stored["edited"].shape[2:])
    names = _class_names(run, stored)
    was = names[list(stored["classes"]).index(stored["labels"][0])]
    title = f"{run.id}: a row of class {was} on its way towards each class"
    figure, axes = _sheet(title, cells, steps)
    _name_rows(axes, names)
    return figure


def _samples(run: Run, stored: Arrays) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2 * _WIDTH, _WIDTH + 0.6), layout="constrained")
    figure.suptitle(caption(f"What {run.id} makes, and the training row that is nearest to each", 120))
    for position, (name, heading) in enumerate([("samples", "made"), ("nearest", "nearest training rows")]):
        axes = figure.add_subplot(1, 2, position + 1)
        _show(axes, stored[name], None)
        axes.set_title(caption(heading))
    return figure


def _map(run: Run, stored: Arrays) -> Figure:
    figure = new_figure(f"Where the rows of {run.id} lie in its latent space", _WIDTH, _WIDTH)
    axes = figure.add_subplot()
    for position, (number, name) in enumerate(zip(stored["classes"], _class_names(run, stored), strict=True)):
        chosen = stored["means"][stored["labels"] == number]
        style = {"color": COLOURS[position % len(COLOURS)], "marker": MARKERS[position // len(COLOURS) % len(MARKERS)]}
        axes.scatter(*chosen.T, s=9, alpha=0.7, linewidths=0, label=caption(name, 24), **style)
    limit = float(np.percentile(np.abs(stored["means"]), _MAP_LIMIT)) * 1.05
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xlabel="first latent number", ylabel="second latent number")
    figure.legend(loc="outside right upper", markerscale=2)
    return figure


def _class_names(run: Run, stored: Arrays) -> list[str]:
    output = output_of(run)
    known = [] if output is None else class_names(output, len(output.classes))
    return [known[number] if number < len(known) else str(number) for number in stored["classes"].tolist()]


def _sheet(title: str, cells: np.ndarray, columns: int) -> tuple[Figure, Axes]:
    rows = -(-len(cells) // columns)
    height = _WIDTH * rows / columns * cells.shape[1] / cells.shape[2]
    figure = new_figure(title, _WIDTH + 1, max(height, 1.2) + 0.7)
    axes = figure.add_subplot()
    _show(axes, cells, columns)
    return figure, axes


def _show(axes: Axes, cells: np.ndarray, columns: int | None) -> None:
    axes.imshow(square_sheet(cells, columns))
    axes.set_axis_off()


def _name_rows(axes: Axes, names: list[str]) -> None:
    """Write a name before each row of a sheet."""
    bottom = axes.get_ylim()[0]
    for number, name in enumerate(names):
        axes.text(-8, bottom * (number + 0.5) / len(names), caption(name, 16), ha="right", va="center")
