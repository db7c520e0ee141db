"""`dlpy train`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlpy.cli.options import ConfigFile, Overrides, Quiet, Resume, RunsFolder, Smoke, command_line

if TYPE_CHECKING:
    from dlpy.training.record import Options


def train(
    config: ConfigFile,
    overrides: Overrides = None,
    smoke: Smoke = False,
    resume: Resume = False,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Train the model of an experiment file and save everything about it in a run directory.

    Files with `kind: dream` or `kind: style` generate an image instead.

    Example: dlpy train configs/imdb_dense.yaml training.epochs=3 model.units=[32]
    """
    from dlpy.artworks.base import Artwork
    from dlpy.artworks.kinds import load_any
    from dlpy.cli.progress import reporter
    from dlpy.runs.lookup import default_runs_folder
    from dlpy.training.record import Options, digest_of, fingerprint
    from dlpy.training.train import train as train_run

    experiment, document = load_any(config, overrides)
    folder = runs_folder or default_runs_folder()
    if isinstance(experiment, Artwork):
        from dlpy.cli.artworks import make_and_show

        options = Options(folder, command_line(), experiment.kind, smoke)
        if not (resume and resume_unfinished(digest_of(experiment.to_yaml(), []), options, quiet=quiet)):
            make_and_show(experiment, document, options, quiet=quiet)
        return
    options = Options(folder, command_line(), "train", smoke)
    if resume and resume_unfinished(fingerprint(experiment), options, quiet=quiet):
        return
    with reporter(quiet=quiet) as report:
        run = train_run(experiment, document, options, report)
    report.finished(run)


def resume_unfinished(given: str, options: Options, *, quiet: bool) -> bool:
    """Resume the latest unfinished run of an experiment; return whether there was one."""
    from dlpy.cli.output import output
    from dlpy.cli.progress import shown_path
    from dlpy.cli.resume import resume_and_show
    from dlpy.training.resume import latest_unfinished

    run, console = latest_unfinished(given, options), output(quiet=quiet)
    if run is None:
        console.print("no unfinished run of this experiment: starting a new run")
        return False
    console.print(f"resuming {shown_path(run.path)}")
    resume_and_show(run, quiet=quiet, jobs=None if options.folds is None else options.folds.jobs)
    return True
