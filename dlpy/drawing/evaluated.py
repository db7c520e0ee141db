"""The plots of a run that was evaluated."""

from __future__ import annotations

from collections.abc import Callable

from dlpy.components.plot import Plot
from dlpy.drawing.process import draw_all
from dlpy.runs.directory import Run


def draw_evaluated(run: Run, tell: Callable[[str], object]) -> None:
    """Draw the plots that an evaluation may change, and those without a file; see `draw_all`.

    A figure of predictions that did not change is left as it is.
    """
    registry = Plot.registry
    found = [(name, registry.get(name)) for name in registry.names()]
    names = [name for name, plot in found if not plot.overlays and not (plot.shows_training and _is_drawn(run, name))]
    draw_all(run, tell, names)


def _is_drawn(run: Run, name: str) -> bool:
    return (run.plots / f"{name}.png").is_file() or any(run.plots.glob(f"{name}-*.png"))
