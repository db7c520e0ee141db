"""`dlpy resume`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli.options import Cpus, Gpus, Memory, On, Quiet, RunName, RunsFolder, command_line
from dlpy.cli.place import place_of, usual_jobs
from dlpy.cli.show_training import show_training
from dlpy.cli.workers import WAIT, Rank, Wait, Workers, group, say_done

if TYPE_CHECKING:
    from dlpy.runs.directory import Run
    from dlpy.workers.group import Group


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
    on: On = None,
    gpus: Gpus = None,
    cpus: Cpus = None,
    memory: Memory = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Train the failed trials of a search again, also of a completed one.")
    ] = False,
    workers: Workers = None,
    rank: Rank = None,
    wait: Wait = WAIT,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Resume an interrupted, failed or killed run from its last checkpoint.

    The result is bit-identical to an uninterrupted run. Finished folds, seeds and
    trials are not trained again, and a completed run stays as it is.

    Example: dlpy resume latest
    """
    from dlpy.cli.intervals import add_intervals
    from dlpy.cli.lines import say
    from dlpy.cli.progress import shown_path
    from dlpy.cluster.check import check_place
    from dlpy.core.errors import ConfigError
    from dlpy.core.suggestions import command
    from dlpy.runs.lookup import find_run
    from dlpy.training.resume import is_complete, move

    run = find_run(name, runs_folder)
    if overrides:
        kind = run.record().kind
        file = run.path / "search.yaml" if kind == "search" else run.config
        new = command(kind if kind in ("kfold", "search") else "train", shown_path(file), *overrides)
        raise ConfigError(
            f"resume cannot set {overrides[0]!r}, it keeps the run's options; for a new run with it: {new}"
        )
    if is_complete(run) and not retry_failed:
        add_intervals(run)
        said = shown_path(run.path) if quiet else f"{shown_path(run.path)} is complete: there is nothing to do."
        say(said)
        return
    place = place_of(on, gpus, cpus, memory)
    if place is not None:
        move(run, place)
    else:
        check_place(run.record().place)
    if run.record().kind == "search":
        from dlpy.cli.search import resume_search_and_show

        _refuse(run, jobs=jobs is not None)
        resume_search_and_show(run, quiet=quiet, allow_inexact=allow_inexact, retry_failed=retry_failed)
        return
    _refuse(run, retry_failed=retry_failed)
    if workers is not None or rank is not None:
        with group(workers, rank, wait, run.id, lambda size: None) as peers:
            _resume_with(peers, run, quiet=quiet, allow_inexact=allow_inexact)
        return
    jobs = usual_jobs(place) if jobs is None and place is not None else jobs
    resume_and_show(run, quiet=quiet, allow_inexact=allow_inexact, jobs=jobs)


def _resume_with(peers: Group, run: Run, *, quiet: bool, allow_inexact: bool) -> None:
    """Resume a run in several processes, of which the first shows the progress."""
    from dlpy.training.resume import resume_with

    training = partial(resume_with, peers, run, command_line(), allow_inexact=allow_inexact)
    resumed, display = show_training(training, quiet=quiet or peers.rank > 0)
    if resumed is None:
        say_done(peers)
    else:
        display.finished(run)


def _refuse(run: Run, *, jobs: bool = False, retry_failed: bool = False) -> None:
    """Raise ConfigError for an option that is given and that another kind of run has."""
    from dlpy.core.errors import ConfigError

    if jobs:
        raise ConfigError(f"--jobs: run {run.id} is a search, whose workers are part of its result; leave it out.")
    if retry_failed:
        raise ConfigError(f"--retry-failed: run {run.id} is no search and has no trials; leave this option out.")


def resume_and_show(run: Run, *, quiet: bool, allow_inexact: bool = False, jobs: int | None = None) -> None:
    """Resume a run and show its progress; the output is that of the command that started it."""
    from dlpy.cli import artworks
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
    training = partial(resume, run, command_line(), allow_inexact=allow_inexact, jobs=jobs)
    _, display = show_training(training, quiet=quiet, parts=several)
    display.finished(run)
