"""What commands do around every training: show its progress, complete its files, wait for trackers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from dlpy.cli.intervals import add_intervals
from dlpy.cli.report import leave
from dlpy.cli.track import trackers

if TYPE_CHECKING:
    from dlpy.cli.progress import Display
    from dlpy.runs.directory import Run

Trained = TypeVar("Trained", "Run", "Run | None")


def show_training(train: Callable[[Display], Trained], *, quiet: bool, parts: bool = False) -> tuple[Trained, Display]:
    """Show a training's progress, add intervals and the report to its run, and wait until trackers have them.

    Args:
        train: trains with a reporter, and returns the run; None in a process that only trains with another.
        parts: show a line per fold or seed, not per epoch.

    Returns:
        The run, and the display, which can print its scores.
    """
    from dlpy.cli.progress import reporter

    with trackers(quiet=quiet):
        with reporter(quiet=quiet, parts=parts) as display:
            run = train(display)
        if run is not None:
            add_intervals(run)
            leave(run)
    return run, display
