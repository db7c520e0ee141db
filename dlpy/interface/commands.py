"""The commands that make runs, as functions. They print what the commands print, unless `quiet`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from dlpy.artworks.base import Artwork
from dlpy.artworks.kinds import load_any
from dlpy.artworks.make import make
from dlpy.cli.artworks import resume_image, watching
from dlpy.cli.output import output
from dlpy.cli.search_progress import search_reporter
from dlpy.cli.show_training import show_training
from dlpy.cli.track import trackers
from dlpy.core.errors import ConfigError
from dlpy.experiment.experiment import load
from dlpy.interface.trained_run import TrainedRun
from dlpy.runs.directory import ARTWORK_KINDS, KFOLD, SEARCH_KIND, SEEDS
from dlpy.runs.how import How, HowSearched, Seeds
from dlpy.runs.lookup import default_runs_folder, find_model, find_run
from dlpy.runs.mirror import folder_of_runs
from dlpy.search.resume import resume_search
from dlpy.search.search import load_search
from dlpy.search.search import search as run_search
from dlpy.training.kfold import kfold as run_kfold
from dlpy.training.record import Options
from dlpy.training.resume import is_complete
from dlpy.training.resume import resume as resume_training
from dlpy.training.seeds import train_seeds
from dlpy.training.train import train as train_run

_COMMAND = "python"  # what run.json records in place of a command line


def train(
    file: str | Path,
    *,
    seeds: int | None = None,
    smoke: bool = False,
    quiet: bool = False,
    runs: str | Path | None = None,
    **options: Any,
) -> TrainedRun:
    """Train the model of an experiment file and return its run, as `dlpy train` does.

    Args:
        file: the experiment file.
        seeds: train as many times, with the file's seed and the ones after it.
        smoke: a few steps on generated data.
        quiet: print nothing.
        runs: folder of the runs; default $DLPY_RUNS or ./runs.
        options: that override the file's, such as `seed=3` or `**{"training.epochs": 3}`.

    Raises:
        DlpyError: as the command fails; `exit_status` is the command's.
    """
    experiment, document = load_any(Path(file), overrides_of(options))
    folder = _folder(runs)
    if isinstance(experiment, Artwork):
        if seeds is not None:
            raise ConfigError(f"seeds: an experiment of kind '{experiment.kind}' trains no model; leave it out.")
        with watching(output(quiet=quiet)) as watcher:
            return TrainedRun(make(experiment, document, Options(folder, _COMMAND, experiment.kind, smoke), watcher))
    several = None if seeds is None else Seeds(seeds, 1)
    how = Options(folder, _COMMAND, "train" if several is None else SEEDS, smoke, seeds=several)
    training = partial(train_run if several is None else train_seeds, experiment, document, how)
    run, _ = show_training(training, quiet=quiet, parts=several is not None)
    return TrainedRun(run)


def kfold(
    file: str | Path,
    *,
    refit: bool = False,
    keep_models: bool = False,
    interval: bool = False,
    smoke: bool = False,
    quiet: bool = False,
    runs: str | Path | None = None,
    **options: Any,
) -> TrainedRun:
    """Train a fresh model per fold and return the run, as `dlpy kfold` does.

    Args:
        file: the experiment file.
        refit: then train a final model on all rows except the test rows.
        keep_models: keep the model of each fold.
        interval: add the interval of each mean.
        smoke: a few steps on generated data.
        quiet: print nothing.
        runs: folder of the runs; default $DLPY_RUNS or ./runs.
        options: that override the file's, such as `**{"kfold.folds": 10}`.

    Raises:
        DlpyError: as the command fails.
    """
    experiment, document = load(Path(file), overrides_of(options))
    how = Options(_folder(runs), _COMMAND, KFOLD, smoke, How(1, refit, keep_models, interval))
    run, _ = show_training(partial(run_kfold, experiment, document, how), quiet=quiet, parts=True)
    return TrainedRun(run)


def search(
    file: str | Path,
    *,
    refit: bool = False,
    smoke: bool = False,
    quiet: bool = False,
    runs: str | Path | None = None,
    **options: Any,
) -> TrainedRun:
    """Try the values of the ranges in an experiment file and return the search, as `dlpy search` does.

    Args:
        file: the experiment file, with ranges.
        refit: then train a final model with the best options.
        smoke: a few steps on generated data.
        quiet: print nothing.
        runs: folder of the runs; default $DLPY_RUNS or ./runs.
        options: that override the file's, such as `**{"search.trials": 30}`.

    Raises:
        DlpyError: as the command fails.
    """
    space, experiment = load_search(Path(file), overrides_of(options))
    how = HowSearched(experiment.search.workers, refit=refit)
    with trackers(quiet=quiet), search_reporter(quiet=quiet) as report:
        return TrainedRun(
            run_search(space, experiment, Options(_folder(runs), _COMMAND, SEARCH_KIND, smoke, search=how), report)
        )


def resume(
    reference: str | Path, *, allow_inexact: bool = False, quiet: bool = False, runs: str | Path | None = None
) -> TrainedRun:
    """Resume an unfinished run from its last checkpoint and return it, as `dlpy resume` does.

    Args:
        reference: an id or a prefix of it, an experiment's name, a path, or "latest".
        allow_inexact: resume even if data, versions, threads or config.yaml have changed.
        quiet: print nothing.
        runs: folder of the runs; default $DLPY_RUNS or ./runs.

    Raises:
        DlpyError: as the command fails.
    """
    run = find_run(str(reference), _given_folder(runs))
    kind = run.record().kind
    if is_complete(run):
        return TrainedRun(run)
    if kind == SEARCH_KIND:
        with trackers(quiet=quiet), search_reporter(quiet=quiet) as report:
            resume_search(run, _COMMAND, report, allow_inexact=allow_inexact)
        return TrainedRun(run)
    if kind in ARTWORK_KINDS:
        with watching(output(quiet=quiet)) as watcher:
            resume_image(run, _COMMAND, watcher, allow_inexact=allow_inexact)
        return TrainedRun(run)
    training = partial(resume_training, run, _COMMAND, allow_inexact=allow_inexact)
    return TrainedRun(show_training(training, quiet=quiet, parts=kind in (KFOLD, SEEDS))[0])


def open_run(reference: str | Path = "latest", *, runs: str | Path | None = None) -> TrainedRun:
    """Return a run; of a search that trained a final model, that model's run.

    Args:
        reference: an id or a prefix of it, an experiment's name, a path, or "latest".
        runs: folder of the runs; default $DLPY_RUNS or ./runs.

    Raises:
        DlpyError: there is no such run, or it is a stranger's.
    """
    return TrainedRun(find_model(str(reference), _given_folder(runs)))


def overrides_of(options: Mapping[str, Any]) -> list[str]:
    """Return options as overrides of an experiment file, such as training.epochs=3.

    Raises:
        ConfigError: a value is none that YAML could hold.
    """
    return [f"{key}={_text(key, value)}" for key, value in options.items()]


def _text(key: str, value: Any) -> str:
    if isinstance(value, Path):
        return json.dumps(str(value))
    try:
        return json.dumps(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError):
        raise ConfigError(f"{key}: {type(value).__name__} is nothing that an experiment file can hold.") from None


def _folder(runs: str | Path | None) -> Path:
    return _given_folder(runs) or default_runs_folder()


def _given_folder(runs: str | Path | None) -> Path | None:
    return None if runs is None else folder_of_runs(str(runs))
