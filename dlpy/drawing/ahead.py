"""Imports what draws plots while TensorFlow compiles and computes, which leaves a processor to other threads."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import threading

from dlpy.components.plot import Plot
from dlpy.drawing.figures import legend_below, new_figure, style
from dlpy.drawing.png import pixels

LIBRARIES = (
    "matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.style", "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin", "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "PIL.PpmImagePlugin",
)  # fmt: skip


def import_ahead() -> None:
    """Begin to import what draws plots; who needs it sooner waits for the rest, as in any import."""
    if LIBRARIES[0] not in sys.modules:
        threading.Thread(target=import_plots, daemon=True).start()


def import_plots() -> None:
    """Import all plots and the libraries that draw them."""
    package = importlib.import_module(Plot.registry.package)
    plots = [f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)]
    for name in (*LIBRARIES, *plots):
        importlib.import_module(name)


def prepare_to_draw() -> None:
    """Import all plots, and draw a first figure in memory, which fills caches of fonts and letters."""
    import_plots()
    with style():
        figure = new_figure("Title", width=2, height=2)
        axes = figure.add_subplot(title="title", xlabel="x", ylabel="y")
        axes.plot([0, 1], label="line")
        legend_below(figure)
        pixels(figure)
