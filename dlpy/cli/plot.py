"""`dlpy plot`."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Annotated

import typer

from dlpy.cli import completion

RunNames = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...", help="An id, the beginning of one, a path, or latest.", autocompletion=completion.runs
    ),
]
Only = Annotated[str | None, typer.Option("--only", metavar="PLOT,...", help="Draw these plots only.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where to.  \\[default: RUN/plots]")
]
RunsFolder = Annotated[Path | None, typer.Option("--runs", help="Where runs live.  \\[default: $DLPY_RUNS or ./runs]")]


def plot(run_names: RunNames, only: Only = None, output: Output = None, runs_folder: RunsFolder = None) -> None:
    """Draw every plot that applies to a run; of several runs, draw their scores over each other.

    Several runs are drawn into the folder of the first. `dlpy show plots` lists the plots there are.

    Example: dlpy plot latest --only history,confusion
    """
    from dlpy.cli.lines import say
    from dlpy.drawing.figures import draw
    from dlpy.runs.directory import find_run

    gc.freeze()  # a fifth of the time went into looking through the imported modules for garbage, again and again
    found = {run.path: run for run in (find_run(name, runs_folder) for name in run_names)}
    chosen = list(found.values())
    names = None if only is None else [name.strip() for name in only.split(",")]
    for path in draw(chosen, names, output or chosen[0].plots):
        say(os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path))
