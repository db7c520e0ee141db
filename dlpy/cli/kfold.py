"""`dlpy kfold`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from dlpy.cli.options import (
    ConfigFile,
    Cpus,
    Gpus,
    Interval,
    Memory,
    On,
    Overrides,
    Quiet,
    Resume,
    RunsFolder,
    Smoke,
    command_line,
)
from dlpy.cli.place import place_of, usual_jobs
from dlpy.cli.show_training import show_training
from dlpy.cli.train import resume_unfinished


def kfold(
    config: ConfigFile,
    overrides: Overrides = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            help="Folds to train in parallel; scores do not change.  \\[default: 1; on a cluster, one per worker]",
        ),
    ] = None,
    on: On = None,
    gpus: Gpus = None,
    cpus: Cpus = None,
    memory: Memory = None,
    refit: Annotated[
        bool,
        typer.Option(
            "--refit", help="Then train a final model on all rows except the test rows, for the best number of epochs."
        ),
    ] = False,
    keep_models: Annotated[
        bool, typer.Option("--keep-models", help="Keep the model of each fold, for dlpy ensemble and predictions.")
    ] = False,
    interval: Interval = False,
    smoke: Smoke = False,
    resume: Resume = False,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Train a fresh model per fold, and report the mean score and its standard deviation.

    The experiment file's 'kfold' block sets the folds. Test rows are never used.

    Example: dlpy kfold configs/boston_kfold.yaml kfold.folds=10 --refit
    """
    from dlpy.experiment.experiment import load
    from dlpy.runs.how import How
    from dlpy.runs.lookup import default_runs_folder
    from dlpy.training.kfold import kfold as run_kfold
    from dlpy.training.record import Options, fingerprint

    experiment, document = load(config, overrides)
    place = place_of(on, gpus, cpus, memory)
    how = How(jobs or usual_jobs(place), refit, keep_models, interval)
    folder = runs_folder or default_runs_folder()
    options = Options(folder, command_line(), "kfold", smoke, how, place=place)
    if resume and resume_unfinished(fingerprint(experiment), options, quiet=quiet):
        return
    run, display = show_training(partial(run_kfold, experiment, document, options), quiet=quiet, parts=True)
    display.finished(run)
