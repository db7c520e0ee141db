"""`dlpy plot`."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Annotated

import typer

from dlpy.cli import completion
from dlpy.cli.options import RUN_HELP, RunsFolder, output_option

RunNames = Annotated[
    list[str],
    typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=completion.runs),
]
Only = Annotated[
    str | None, typer.Option("--only", metavar="PLOT,...", help="Draw only these plots.  \\[default: all that apply]")
]
Output = Annotated[
    Path | None,
    output_option("FOLDER", "Output folder.  \\[default: RUN/plots]"),
]


def plot(run_names: RunNames, only: Only = None, output: Output = None, runs_folder: RunsFolder = None) -> None:
    """Draw every plot that applies to a run, or compare the scores of several runs in one plot.

    Comparisons are written to the first run's folder. `dlpy show plots` lists all plots.

    Example: dlpy plot latest --only history,confusion
    """
    from dlpy.cli.lines import say
    from dlpy.drawing.figures import draw
    from dlpy.runs.lookup import find_run

    gc.freeze()  # otherwise a fifth of the time goes into garbage collection of imported modules
    found = {run.path: run for run in (find_run(name, runs_folder) for name in run_names)}
    chosen = list(found.values())
    names = None if only is None else [name.strip() for name in only.split(",")]
    for path in draw(chosen, names, output or chosen[0].plots):
        say(os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path))
