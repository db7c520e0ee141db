"""Sheets of small pictures beside each other, with a heading, as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.captions import caption
from dlpy.drawing.figures import new_figure
from dlpy.drawing.png import sheet
from dlpy.explain.activations import Maps, as_grey
from dlpy.explain.filters import Ascent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MAPS_IN_A_ROW = 16
_FILTERS_IN_A_ROW = 8
_WIDTH = 10.0  # inches


def maps_sheet(maps: Maps, most: int, title: str) -> Figure:
    """Return a layer's channels for one picture, the first `most` of them; a dead one is all of the darkest colour."""
    import matplotlib

    height, width, channels = maps.values.shape
    silent = f"{maps.zeros:.0%} zeros" + (f", {maps.dead:,} dead" if maps.dead else "")
    which = f"{most} of {channels:,} channels" if channels > most else f"{channels:,} channels"
    colours = matplotlib.colormaps["viridis"](np.arange(256), bytes=True)[:, :3]
    cells = colours[as_grey(maps.values[..., :most]).transpose(2, 0, 1)]
    pixels = sheet(cells, _MAPS_IN_A_ROW, max(1, width // 32), 255)
    return _figure(pixels, title, f"{maps.layer}: {which} of {height} x {width}, {silent}")


def filters_sheet(ascent: Ascent, channels: int, title: str) -> Figure:
    """Return the pictures that a layer's filters answer to."""
    count = len(ascent.pictures)
    which = f"{count} of {channels:,} filters" if channels > count else f"{count} filters"
    silent = int(np.sum(ascent.after <= ascent.before))
    which += f" ({silent} stay silent)" if silent else ""
    cells = ascent.pictures if ascent.pictures.shape[-1] == 3 else ascent.pictures[..., 0]
    return _figure(sheet(cells, _FILTERS_IN_A_ROW, 5, 0), title, f"{ascent.layer}: what {which} answer to")


def heat_sheet(seen: np.ndarray, heat: np.ndarray, overlay: np.ndarray, title: str) -> Figure:
    """Return a picture, the heat map and both over each other."""
    ratio = min(seen.shape[0] / seen.shape[1], 2.5)
    figure = new_figure(title, _WIDTH, _WIDTH / 3 * ratio + 0.6)
    named = (
        ("the picture", seen),
        ("where it is seen" if heat.any() else "seen nowhere", heat),
        ("over each other", overlay),
    )
    for position, (name, picture) in enumerate(named):
        axes = figure.add_subplot(1, 3, position + 1)
        axes.set_title(caption(name))
        grey = picture.ndim == 3 and picture.shape[-1] == 1
        axes.imshow(picture, cmap="gray" if grey else "jet", vmin=0, vmax=255 if grey else 1)
        axes.set_axis_off()
    return figure


def _figure(pixels: np.ndarray, title: str, heading: str) -> Figure:
    height, width = pixels.shape[:2]
    figure = new_figure(title, _WIDTH, max(0.9, _WIDTH * height / width + 0.6))
    axes = figure.add_subplot()
    axes.set_title(caption(heading, 120))
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest" if width < 1200 else None)
    axes.set_axis_off()
    return figure
