"""`dlpy resume`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlpy.cli.evaluate import RunName
from dlpy.cli.train import Quiet, RunsFolder, command_line


def resume(
    name: RunName,
    allow_inexact: Annotated[
        bool,
        typer.Option(
            "--allow-inexact", help="Go on though data, versions, threads or config.yaml are not what they were."
        ),
    ] = False,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Go on with a run that was interrupted, failed or killed, from its last checkpoint, in its own directory.

    It ends with the same bits as if it had been left alone. A run that is complete stays as it is.

    Example: dlpy resume latest
    """
    from dlpy import backend, resumption, runs
    from dlpy.cli.output import output
    from dlpy.cli.progress import reporter, shown_path
    from dlpy.drawing import draw_all

    run = runs.find(name, runs_folder)
    if resumption.is_complete(run):
        said = shown_path(run.path) if quiet else f"{shown_path(run.path)} is complete: there is nothing to do."
        output().print(said, highlight=False, markup=False)
        return
    with reporter(quiet=quiet) as report:
        resumption.resume(run, command_line(), report, allow_inexact=allow_inexact)
    backend.give_back_memory()
    draw_all(run, report.notice)
    report.finished(run)
