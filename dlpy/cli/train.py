"""`dlpy train`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli.options import (
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
from dlpy.cli.place import place_of, usual_jobs
from dlpy.cli.show_training import show_training
from dlpy.cli.workers import WAIT, Rank, Wait, Workers, group, say_done

if TYPE_CHECKING:
    from dlpy.experiment.document import Document
    from dlpy.experiment.experiment import Experiment
    from dlpy.training.record import Options
    from dlpy.workers.group import Group


def train(
    config: ConfigFile,
    overrides: Overrides = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=1000,
            metavar="N",
            help="Train N times, with the file's seed and the ones after it, and report the mean and the spread.",
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Seeds to train in parallel; scores do not change.")
    ] = None,
    workers: Workers = None,
    rank: Rank = None,
    wait: Wait = WAIT,
    on: On = None,
    gpus: Gpus = None,
    cpus: Cpus = None,
    memory: Memory = None,
    smoke: Smoke = False,
    resume: Resume = False,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Train the model of an experiment file and save everything about it in a run directory.

    Files with `kind: dream` or `kind: style` generate an image instead.

    --workers a:5000,b:5000 --rank 0 trains in several processes that share every
    batch: start the same command in each, with its own rank.

    --seeds 5 shows how much of a score is chance: the rows and the split stay the
    same, and initial weights, order of rows, dropout and augmentation differ. Each
    seed is a run in RUN/seeds/1, RUN/seeds/2 and so on.

    Example: dlpy train configs/imdb_dense.yaml training.epochs=3 model.units=[32]
    """
    from dlpy.artworks.base import Artwork
    from dlpy.artworks.kinds import load_any
    from dlpy.core.errors import ConfigError
    from dlpy.runs.how import Seeds
    from dlpy.runs.lookup import default_runs_folder
    from dlpy.training.following import require_divisible
    from dlpy.training.record import Options, digest_of, fingerprint
    from dlpy.training.seeds import train_seeds
    from dlpy.training.train import train as train_run

    experiment, document = load_any(config, overrides)
    for name, value in {"--jobs": jobs, "--on": on}.items():
        if value is not None and seeds is None:
            raise ConfigError(f"{name} is for several trainings: give --seeds N too, or leave it out.")
    place = place_of(on, gpus, cpus, memory)
    folder = runs_folder or default_runs_folder()
    if isinstance(experiment, Artwork):
        from dlpy.cli.artworks import make_and_show

        if seeds is not None:
            raise ConfigError(f"--seeds: an experiment of kind '{experiment.kind}' trains no model; leave it out.")
        options = Options(folder, command_line(), experiment.kind, smoke)
        if not (resume and resume_unfinished(digest_of(experiment.to_yaml(), []), options, quiet=quiet)):
            make_and_show(experiment, document, options, quiet=quiet)
        return
    if workers is not None or rank is not None:
        if seeds is not None or resume:
            other = "--seeds" if seeds is not None else "--resume"
            raise ConfigError(f"--workers: train one run, without {other}; dlpy resume RUN --workers resumes one.")
        options = Options(folder, command_line(), "train", smoke)
        check = partial(require_divisible, experiment)
        with group(workers, rank, wait, fingerprint(experiment), check) as peers:
            train_and_show(peers, (experiment, document), options, quiet=quiet)
        return
    several = None if seeds is None else Seeds(seeds, jobs or usual_jobs(place))
    kind = "train" if several is None else "seeds"
    options = Options(folder, command_line(), kind, smoke, seeds=several, place=place)
    if resume and resume_unfinished(fingerprint(experiment), options, quiet=quiet):
        return
    training = partial(train_run if several is None else train_seeds, experiment, document, options)
    run, display = show_training(training, quiet=quiet, parts=several is not None)
    display.finished(run)


def train_and_show(peers: Group, given: tuple[Experiment, Document], options: Options, *, quiet: bool) -> None:
    """Train in several processes, of which the first shows the progress."""
    from dlpy.training.following import train_with

    run, display = show_training(partial(train_with, peers, *given, options), quiet=quiet or peers.rank > 0)
    if run is None:
        say_done(peers)
    else:
        display.finished(run)


def resume_unfinished(given: str, options: Options, *, quiet: bool) -> bool:
    """Resume the latest unfinished run of an experiment; return whether there was one."""
    from dlpy.cli.output import output
    from dlpy.cli.progress import shown_path
    from dlpy.cli.resume import resume_and_show
    from dlpy.training.resume import move
    from dlpy.training.unfinished import latest_unfinished

    run, console = latest_unfinished(given, options), output(quiet=quiet)
    if run is None:
        console.print("no unfinished run of this experiment: starting a new run")
        return False
    console.print(f"resuming {shown_path(run.path)}")
    how = options.folds or options.seeds
    if options.place is not None:
        move(run, options.place)
    resume_and_show(run, quiet=quiet, jobs=None if how is None else how.jobs)
    return True
