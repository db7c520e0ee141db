"""Imports what draws plots while TensorFlow compiles and computes, which leaves a processor to other threads."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import threading

from dlpy.components.plot import Plot

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
