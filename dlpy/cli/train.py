"""`dlpy train`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Argument(metavar="EXPERIMENT", help="The experiment file (YAML).")]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Options that override the file's.")
]
RunsFolder = Annotated[Path | None, typer.Option("--runs", help="Where runs live.  \\[default: $DLPY_RUNS or ./runs]")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and the run's path.")]
Smoke = Annotated[bool, typer.Option("--smoke", help="A few batches, or steps, on generated data: does it run?")]


def train(
    config: ConfigFile,
    overrides: Overrides = None,
    smoke: Smoke = False,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Train the model of an experiment file, or make its picture, and leave everything about it in a run directory.

    Example: dlpy train configs/imdb_dense.yaml training.epochs=3 model.units=[32]
    """
    from dlpy import backend, runs, training
    from dlpy.artworks.artwork import Artwork
    from dlpy.cli.progress import reporter
    from dlpy.drawing import draw_all
    from dlpy.kinds import load_any
    from dlpy.records import Options

    experiment, document = load_any(config, overrides)
    folder = runs_folder or runs.runs_folder()
    if isinstance(experiment, Artwork):
        from dlpy.cli.artworks import make_and_show

        make_and_show(experiment, document, Options(folder, command_line(), experiment.kind, smoke), quiet=quiet)
        return
    options = Options(folder, command_line(), "train", smoke)
    with reporter(quiet=quiet) as report:
        run = training.train(experiment, document, options, report)
    backend.give_back_memory()
    draw_all(run, report.notice)
    report.finished(run)


def command_line() -> str:
    """Return the command as it was typed."""
    return shlex.join(["dlpy", *sys.argv[1:]])
