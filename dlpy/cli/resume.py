"""`dlpy resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli.options import Quiet, RunName, RunsFolder, command_line

if TYPE_CHECKING:
    from dlpy.runs.directory import Run


def resume(
    name: RunName,
    overrides: Annotated[list[str] | None, typer.Argument(metavar="", hidden=True)] = None,
    allow_inexact: Annotated[
        bool,
        typer.Option(
            "--allow-inexact", help="Go on though data, versions, threads or config.yaml are not what they were."
        ),
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Folds trained at once from now on.  \\[default: as before]")
    ] = None,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Go on with a run that was interrupted, failed or killed, from its last checkpoint, in its own directory.

    It ends with the same bits as if it had been left alone. Folds that are done are not trained again. A run that is
    complete stays as it is.

    Example: dlpy resume latest
    """
    from dlpy.cli.lines import say
    from dlpy.cli.progress import shown_path
    from dlpy.core.errors import ConfigError
    from dlpy.core.suggestions import command
    from dlpy.runs.directory import find_run
    from dlpy.training.resume import is_complete

    run = find_run(name, runs_folder)
    if overrides:
        begin = "kfold" if run.record().kind == "kfold" else "train"
        new = command(begin, shown_path(run.config), *overrides)
        raise ConfigError(f"a run goes on as it began, without {overrides[0]!r}; to begin anew with it: {new}")
    if is_complete(run):
        said = shown_path(run.path) if quiet else f"{shown_path(run.path)} is complete: there is nothing to do."
        say(said)
        return
    go_on(run, quiet=quiet, allow_inexact=allow_inexact, jobs=jobs)


def go_on(run: Run, *, quiet: bool, allow_inexact: bool = False, jobs: int | None = None) -> None:
    """Train a run to its end, and show it as the command that began it does."""
    from dlpy.cli import artworks
    from dlpy.cli.progress import reporter
    from dlpy.core.errors import ConfigError
    from dlpy.runs.directory import PICTURE_KINDS
    from dlpy.training.resume import resume

    kind = run.record().kind
    if kind in PICTURE_KINDS:
        if jobs is not None:
            raise ConfigError(f"--jobs: run {run.id} has no folds.")
        artworks.go_on(run, command_line(), quiet=quiet, allow_inexact=allow_inexact)
        return
    folds = kind == "kfold"
    with reporter(quiet=quiet, folds=folds) as report:
        resume(run, command_line(), report, allow_inexact=allow_inexact, jobs=jobs)
    report.finished(run)
