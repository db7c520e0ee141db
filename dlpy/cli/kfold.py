"""`dlpy kfold`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlpy.cli.options import ConfigFile, Overrides, Quiet, Resume, RunsFolder, Smoke, command_line
from dlpy.cli.train import went_on


def kfold(
    config: ConfigFile,
    overrides: Overrides = None,
    jobs: Annotated[int, typer.Option(min=1, max=1000, help="Folds trained at once; the numbers are the same.")] = 1,
    refit: Annotated[
        bool, typer.Option("--refit", help="Then train on all rows but the test rows, for the best number of epochs.")
    ] = False,
    smoke: Smoke = False,
    resume: Resume = False,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Train once per fold, each time with a fresh model, and tell the mean score and its spread.

    How rows are divided stands under 'kfold' in the experiment file; the test rows are never touched.

    Example: dlpy kfold configs/boston_kfold.yaml kfold.folds=10 --refit
    """
    from dlpy.cli.progress import reporter
    from dlpy.experiment.experiment import load
    from dlpy.runs.directory import default_runs_folder
    from dlpy.runs.record import How
    from dlpy.training.kfold import kfold as run_kfold
    from dlpy.training.record import Options, fingerprint

    experiment, document = load(config, overrides)
    options = Options(runs_folder or default_runs_folder(), command_line(), "kfold", smoke, How(jobs, refit))
    if resume and went_on(fingerprint(experiment), options, quiet=quiet):
        return
    with reporter(quiet=quiet, folds=True) as report:
        run = run_kfold(experiment, document, options, report)
    report.finished(run)
