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
        typer.Option("--allow-inexact", help="Resume even if data, versions, threads or config.yaml have changed."),
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Folds or seeds to train in parallel.  \\[default: as before]")
    ] = None,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Resume an interrupted, failed or killed run from its last checkpoint.

    The result is bit-identical to an uninterrupted run. Finished folds and
    seeds are not trained again, and a completed run stays as it is.

    Example: dlpy resume latest
    """
    from dlpy.cli.lines import say
    from dlpy.cli.progress import shown_path
    from dlpy.core.errors import ConfigError
    from dlpy.core.suggestions import command
    from dlpy.runs.lookup import find_run
    from dlpy.training.resume import is_complete

    run = find_run(name, runs_folder)
    if overrides:
        begin = "kfold" if run.record().kind == "kfold" else "train"
        new = command(begin, shown_path(run.config), *overrides)
        raise ConfigError(
            f"resume cannot set {overrides[0]!r}, it keeps the run's options; for a new run with it: {new}"
        )
    if is_complete(run):
        said = shown_path(run.path) if quiet else f"{shown_path(run.path)} is complete: there is nothing to do."
        say(said)
        return
    resume_and_show(run, quiet=quiet, allow_inexact=allow_inexact, jobs=jobs)


def resume_and_show(run: Run, *, quiet: bool, allow_inexact: bool = False, jobs: int | None = None) -> None:
    """Resume a run and show its progress; the output is that of the command that started it."""
    from dlpy.cli import artworks
    from dlpy.cli.progress import reporter
    from dlpy.core.errors import ConfigError
    from dlpy.runs.directory import ARTWORK_KINDS, SEEDS
    from dlpy.training.resume import resume

    kind = run.record().kind
    several = kind in ("kfold", SEEDS)
    if jobs is not None and not several:
        raise ConfigError(f"--jobs: run {run.id} has no folds or seeds; leave this option out.")
    if kind in ARTWORK_KINDS:
        artworks.resume_and_show(run, command_line(), quiet=quiet, allow_inexact=allow_inexact)
        return
    with reporter(quiet=quiet, parts=several) as report:
        resume(run, command_line(), report, allow_inexact=allow_inexact, jobs=jobs)
    report.finished(run)
