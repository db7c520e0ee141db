"""Figures of activations, filters and heat maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.captions import caption
from dlpy.data.images.sheets import sheet
from dlpy.drawing.figures import new_figure
from dlpy.explain.activations import Maps, as_grey
from dlpy.explain.filters import Ascent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MAPS_IN_A_ROW = 16
_FILTERS_IN_A_ROW = 8
_WIDTH = 10.0  # inches


def maps_sheet(maps: Maps, most: int, title: str) -> Figure:
    """Return a figure of the first `most` channels of a layer for one image; dead channels are uniformly dark."""
    import matplotlib

    height, width, channels = maps.values.shape
    zeros = f"{maps.zeros:.0%} zeros" + (f", {maps.dead:,} dead" if maps.dead else "")
    which = f"{most} of {channels:,} channels" if channels > most else f"{channels:,} channels"
    colours = matplotlib.colormaps["viridis"](np.arange(256), bytes=True)[:, :3]
    cells = colours[as_grey(maps.values[..., :most]).transpose(2, 0, 1)]
    pixels = sheet(cells, _MAPS_IN_A_ROW, max(1, width // 32), 255)
    return _figure(pixels, title, f"{maps.layer}: {which} of {height} x {width}, {zeros}")


def filters_sheet(ascent: Ascent, channels: int, title: str) -> Figure:
    """Return a figure of the images that maximize a layer's filters."""
    count = len(ascent.images)
    which = f"{count} of {channels:,} filters" if channels > count else f"{count} filters"
    flat = int(np.sum(ascent.after <= ascent.before))
    which += f" ({flat} without any increase)" if flat else ""
    cells = ascent.images if ascent.images.shape[-1] == 3 else ascent.images[..., 0]
    return _figure(sheet(cells, _FILTERS_IN_A_ROW, 5, 0), title, f"{ascent.layer}: images that maximize {which}")


def heat_sheet(seen: np.ndarray, heat: np.ndarray, overlay: np.ndarray, title: str) -> Figure:
    """Return a figure of an image, its heat map and the overlay of both."""
    ratio = min(seen.shape[0] / seen.shape[1], 2.5)
    figure = new_figure(title, _WIDTH, _WIDTH / 3 * ratio + 0.6)
    named = (
        ("image", seen),
        ("heat map" if heat.any() else "heat map (all zero)", heat),
        ("overlay", overlay),
    )
    for position, (name, image) in enumerate(named):
        axes = figure.add_subplot(1, 3, position + 1)
        axes.set_title(caption(name))
        grey = image.ndim == 3 and image.shape[-1] == 1
        axes.imshow(image, cmap="gray" if grey else "jet", vmin=0, vmax=255 if grey else 1)
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
