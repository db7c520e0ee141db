"""Draws all plots of a finished run in this process."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from dlpy.components.plot import Plot
from dlpy.core import signals
from dlpy.core.errors import DlpyError, StorageError, in_one_line
from dlpy.drawing.figures import chosen, file_of, save, style
from dlpy.drawing.png import shown_by
from dlpy.runs.directory import Run
from dlpy.runs.prediction_digests import digest_of_predictions

Tell = Callable[[str], object]


def draw_here(run: Run, tell: Tell, names: list[str] | None) -> None:
    """Draw the named plots, or all, that apply to a finished run; one that fails is skipped, reported and logged."""
    draw_plots(chosen(names, 1), run, tell)


def draw_plots(plots: Iterable[Plot], run: Run, tell: Tell) -> None:
    """Draw plots that apply to a finished run; one that fails is skipped, reported and logged."""
    with style():
        for plot in plots:
            with _skipping(plot.name, run, tell), _without_garbage_collection():
                _draw(plot, run)


def _draw(plot: Plot, run: Run) -> None:
    """Draw a plot, but no figure of the predictions that its file shows already."""
    for part, figure in plot.draw([run]).items():
        path = file_of(plot, part, run.plots)
        shown = digest_of_predictions(run, part) if plot.shows_predictions else ""
        if not shown or shown != shown_by(path):
            save(figure, path, [run], shown)


@contextmanager
def _skipping(name: str, run: Run, tell: Tell) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        signals.raise_behind(error)
        what = str(error) if isinstance(error, DlpyError) else in_one_line(error)
        tell(f"plot '{name}' was skipped: {what}")
        with suppress(StorageError):
            run.append_log(traceback.format_exc())


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Collect no garbage in the block: a figure is many objects, so that this took up to a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
