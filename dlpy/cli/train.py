"""`dlpy train`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dlpy.records import Options

ConfigFile = Annotated[Path, typer.Argument(metavar="EXPERIMENT", help="The experiment file (YAML).")]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Options that override the file's.")
]
RunsFolder = Annotated[Path | None, typer.Option("--runs", help="Where runs live.  \\[default: $DLPY_RUNS or ./runs]")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and the run's path.")]
Smoke = Annotated[bool, typer.Option("--smoke", help="A few batches, or steps, on generated data: does it run?")]

Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the latest unfinished run of the same experiment, if there is one.")
]


def train(
    config: ConfigFile,
    overrides: Overrides = None,
    smoke: Smoke = False,
    resume: Resume = False,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Train the model of an experiment file, or make its picture, and leave everything about it in a run directory.

    Example: dlpy train configs/imdb_dense.yaml training.epochs=3 model.units=[32]
    """
    from dlpy import runs, training
    from dlpy.artworks.artwork import Artwork
    from dlpy.cli.progress import reporter
    from dlpy.kinds import load_any
    from dlpy.records import Options, digest_of, fingerprint

    experiment, document = load_any(config, overrides)
    folder = runs_folder or runs.runs_folder()
    if isinstance(experiment, Artwork):
        from dlpy.cli.artworks import make_and_show

        options = Options(folder, command_line(), experiment.kind, smoke)
        if not (resume and went_on(digest_of(experiment.to_yaml(), []), options, quiet=quiet)):
            make_and_show(experiment, document, options, quiet=quiet)
        return
    options = Options(folder, command_line(), "train", smoke)
    if resume and went_on(fingerprint(experiment), options, quiet=quiet):
        return
    with reporter(quiet=quiet) as report:
        run = training.train(experiment, document, options, report)
    report.finished(run)


def went_on(given: str, options: Options, *, quiet: bool) -> bool:
    """Go on with the latest unfinished run of an experiment, or say that there is none; return whether there was."""
    from dlpy.cli.output import output
    from dlpy.cli.progress import shown_path
    from dlpy.cli.resume import go_on
    from dlpy.unfinished import latest_unfinished

    run, console = latest_unfinished(given, options), output(quiet=quiet)
    if run is None:
        console.print("no unfinished run of this experiment: a new one begins")
        return False
    console.print(f"going on with {shown_path(run.path)}")
    go_on(run, quiet=quiet, jobs=None if options.folds is None else options.folds.jobs)
    return True


def command_line() -> str:
    """Return the command as it was typed."""
    return shlex.join(["dlpy", *sys.argv[1:]])
