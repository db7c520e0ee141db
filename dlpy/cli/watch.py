"""`dlpy watch`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli.options import AsJson, RunsFolder

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType
    from rich.table import Table

    from dlpy.runs.directory import Run
    from dlpy.runs.progress import Progress

_CELLS = 12  # of a progress bar
_NONE = "No run is being trained, and none has ended in the last {minutes:g} minutes."


def watch(
    once: Annotated[
        bool, typer.Option("--once", help="Print the table once, as is done where the output is no terminal.")
    ] = False,
    minutes: Annotated[float, typer.Option(min=0, help="Show runs that ended at most that many minutes ago.")] = 10.0,
    seconds: Annotated[float, typer.Option(min=0.2, max=3600, help="Seconds between two looks.")] = 1.0,
    machine: Annotated[
        bool, typer.Option("--machine", help="Also show your runs being trained on this machine in other folders.")
    ] = False,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Watch the runs that are being trained: progress, scores, best so far, time left.

    Everything is read from the run directories, so it works from any terminal.
    Of folds and seeds, the scores are those of the latest one. The time left
    assumes that all epochs are trained at the present pace. Ctrl-C ends it.

    Example: dlpy watch --once
    """
    from dlpy.cli.output import output
    from dlpy.runs.lookup import default_runs_folder

    folder, console = runs_folder or default_runs_folder(), output()

    def look() -> list[Progress]:
        return found(folder, minutes=minutes, machine=machine)

    if as_json:
        from dataclasses import asdict

        from dlpy.cli.lines import say_json

        say_json([asdict(progress) for progress in look()])
    elif once or not console.is_terminal or console.is_dumb_terminal:
        console.print(_shown(look(), minutes))
    else:
        from rich.live import Live

        with Live(_shown(look(), minutes), console=console, auto_refresh=False, transient=False) as live:
            while _slept(seconds):
                live.update(_shown(look(), minutes), refresh=True)


def _slept(seconds: float) -> bool:
    """Wait, and return True; False if Ctrl-C ended the wait, which is how watching ends."""
    try:
        time.sleep(seconds)
    except KeyboardInterrupt:
        return False
    return True


def found(folder: Path, *, minutes: float, machine: bool) -> list[Progress]:
    """Return the runs in a folder that are being trained or ended a short time ago, and those on this machine."""
    from dlpy.runs.lookup import all_runs
    from dlpy.runs.machine import trained_here
    from dlpy.runs.progress import progress_of

    runs = {run.path: run for run in all_runs(folder) if _is_recent(run, minutes)}
    if machine:
        runs |= {run.path: run for run in trained_here()}
    return [progress_of(run) for run in runs.values()]


def _is_recent(run: Run, minutes: float) -> bool:
    """Return whether a run is being trained, or its files were written at most that many minutes ago."""
    from dlpy.runs.lock import is_locked

    written = [path.stat().st_mtime for path in (run.path / "run.json", run.metrics) if path.is_file()]
    return is_locked(run) or time.time() - max(written, default=0.0) <= 60 * minutes


def _shown(runs: Sequence[Progress], minutes: float) -> RenderableType:
    """Return a table with a line for each run, or a sentence if there are none."""
    if not runs:
        return _NONE.format(minutes=minutes)
    table = _empty_table(max(len(run.id) for run in runs))
    for run in runs:
        table.add_row(
            run.id, run.status, _bar(run), _last(run), _best(run), _duration(run.seconds), _duration(run.left)
        )
    return table


def _empty_table(widest: int) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("run", no_wrap=True, min_width=widest)
    for name in ("status", "progress", "last scores", "best"):
        table.add_column(name)
    for name in ("took", "left"):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _bar(run: Progress) -> str:
    """Return a bar and the counts, such as `####........ 4/12 epochs`."""
    if not run.total:
        return f"{run.done} {run.unit}"
    filled = min(_CELLS, _CELLS * run.done // run.total)
    return f"{'#' * filled}{'.' * (_CELLS - filled)} {run.done}/{run.total} {run.unit}"


def _last(run: Progress) -> str:
    return "  ".join(f"{name} {_number(value)}" for name, value in run.last.items()) or "-"


def _best(run: Progress) -> str:
    return "-" if run.best is None else f"{run.monitor} {run.best:.4g}"


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.4g}"  # NaN: it is undefined


def _duration(seconds: float | None) -> str:
    """Return hours, minutes and seconds, such as 1:02:03."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
