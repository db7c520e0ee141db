"""Draws the plots of a run in two processes, each of which takes the next plot when it has drawn one."""

from __future__ import annotations

import array
import os
import sys
from collections.abc import Iterator

from dlpy.components.plot import Plot
from dlpy.core.ending import end_with_parent
from dlpy.drawing.figures import chosen
from dlpy.drawing.here import Tell, draw_plots
from dlpy.runs.directory import Run

_NUMBER = "H"  # of a plot, as it is passed on


def draw_by_two(run: Run, tell: Tell, names: list[str] | None) -> None:
    """Draw the named plots, or all, that apply to a run, in this process and a fork of it.

    This process may have no other threads.

    Raises:
        ChildProcessError: the fork was killed, so that the plot it drew may be missing.
    """
    plots = chosen(names, 1)
    numbers, parent = _pipe_of(len(plots)), os.getpid()
    try:
        child = os.fork()
    except OSError:  # a limit of processes or memory is reached
        child = None
    if child == 0:
        _be(parent, plots, numbers, run, tell)
    draw_plots(_taken(plots, numbers), run, tell)
    os.close(numbers)
    if child is not None and os.waitpid(child, 0)[1]:
        raise ChildProcessError("a process that drew plots was killed")


def _be(parent: int, plots: list[Plot], numbers: int, run: Run, tell: Tell) -> None:
    """Draw in the fork; this never returns."""
    status = 1
    try:
        end_with_parent(parent)
        draw_plots(_taken(plots, numbers), run, tell)
        status = 0
    finally:
        os._exit(status)


def _pipe_of(count: int) -> int:
    """Return a pipe's end from which numbers from 0 can be read."""
    end, begin = os.pipe()
    os.write(begin, array.array(_NUMBER, range(count)).tobytes())
    os.close(begin)
    return end


def _taken(plots: list[Plot], numbers: int) -> Iterator[Plot]:
    """Yield the plots whose numbers this process is the first to read."""
    while number := os.read(numbers, array.array(_NUMBER).itemsize):
        yield plots[int.from_bytes(number, sys.byteorder)]
