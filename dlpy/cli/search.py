"""`dlpy search`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlpy.cli.options import (
    AsJson,
    ConfigFile,
    Cpus,
    Gpus,
    Memory,
    On,
    Overrides,
    Quiet,
    Resume,
    RunsFolder,
    Smoke,
    command_line,
)
from dlpy.cli.place import place_of
from dlpy.cli.report import leave
from dlpy.cli.track import trackers

if TYPE_CHECKING:
    from dlpy.runs.directory import Run


def search(
    config: ConfigFile,
    overrides: Overrides = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            help="Processes that train trials at the same time; proposals depend on it.  \\[default: search.workers]",
        ),
    ] = None,
    refit: Annotated[
        bool,
        typer.Option(
            "--refit",
            help="Then train a final model with the best options on all rows except the test rows, "
            "for the best number of epochs.",
        ),
    ] = False,
    on: On = None,
    gpus: Gpus = None,
    cpus: Cpus = None,
    memory: Memory = None,
    smoke: Smoke = False,
    resume: Resume = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Try the values of the ranges in an experiment file, and report the best trials.

    Any option may be a range: {search: [1e-4, 1e-1], scale: log} or {search:
    {choices: [[32], [64, 64]]}}. The block 'search' sets the number of trials,
    the sampler and the score. Trials are compared on validation rows; test rows
    are never used. best.yaml in the search's folder is an ordinary experiment.
    Trials of small networks are trained in one graph, many at a time, unless
    search.together is 1.

    Example: dlpy search configs/boston_search.yaml search.trials=60 --refit
    """
    from dlpy.cli.lines import say_json
    from dlpy.cli.search_progress import search_reporter
    from dlpy.runs.how import HowSearched
    from dlpy.runs.lookup import default_runs_folder
    from dlpy.search.search import fingerprint, load_search
    from dlpy.search.search import search as run_search
    from dlpy.training.record import Options
    from dlpy.training.resume import move
    from dlpy.training.unfinished import latest_unfinished

    changes = [*(overrides or []), *([] if workers is None else [f"search.workers={workers}"])]
    space, experiment = load_search(config, changes)
    how = HowSearched(experiment.search.workers, refit=refit)
    place, folder = place_of(on, gpus, cpus, memory), runs_folder or default_runs_folder()
    options = Options(folder, command_line(), "search", smoke, search=how, place=place)
    unfinished = latest_unfinished(fingerprint(space, experiment), options) if resume else None
    if unfinished is not None:
        run = unfinished
        if place is not None:
            move(run, place)
        resume_search_and_show(run, quiet=quiet or as_json, says_path=not as_json)
    else:
        with trackers(quiet=quiet or as_json), search_reporter(quiet=quiet or as_json) as report:
            run = run_search(space, experiment, options, report)
            leave(run)
        if not as_json:
            report.finished(run)
    if as_json:
        say_json(as_values(run))


def as_values(run: Run) -> dict[str, Any]:
    """Return what a search found as plain values: its summary and its trials."""
    from dataclasses import asdict

    from dlpy.runs.trials import read_trials

    return {"id": run.id, **run.read("summary.json"), "trials": [asdict(trial) for trial in read_trials(run)]}


def resume_search_and_show(
    run: Run,
    *,
    quiet: bool,
    allow_inexact: bool = False,
    retry_failed: bool = False,
    says_path: bool = True,
) -> None:
    """Resume a search and show its progress; the output is that of `dlpy search`."""
    from dlpy.cli.search_progress import search_reporter
    from dlpy.search.resume import resume_search

    with trackers(quiet=quiet), search_reporter(quiet=quiet) as report:
        resume_search(run, command_line(), report, allow_inexact=allow_inexact, retry_failed=retry_failed)
        leave(run)
    if says_path:
        report.finished(run)
