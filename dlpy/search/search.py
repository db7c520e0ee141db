"""One search, from an experiment with ranges to its directory: trials, the best of them, and a final model."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from dlpy.core import keras_backend
from dlpy.core.environment import environment
from dlpy.core.errors import DivergedError, did_you_mean
from dlpy.data.rows import Data, Loaded
from dlpy.data.task import Task
from dlpy.data.validate import check
from dlpy.drawing import process as drawing
from dlpy.drawing.process import draw_all
from dlpy.experiment.document import Document, read
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.ranges import Space
from dlpy.experiment.search_checks import number_of_trials, search_of
from dlpy.experiment.yaml_reader import Mistake, to_yaml
from dlpy.runs.directory import Run
from dlpy.runs.how import HowSearched
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.runs.trials import Trial
from dlpy.search.directory import SEARCH, write_document
from dlpy.search.loop import Study, run_trials
from dlpy.search.monitor import Monitored, name_of_monitor
from dlpy.search.nested import OuterFold, inner_document, outer_folds, score, summarize_outer
from dlpy.search.notices import notices
from dlpy.search.refit import refit
from dlpy.search.reporter import Once, SearchReporter
from dlpy.search.samplers import sampler_of
from dlpy.search.summary import summarize
from dlpy.search.together import trials_together
from dlpy.search.trainer import Trainer
from dlpy.storage import atomic
from dlpy.storage.atomic import require_writable, sha256
from dlpy.training.folds import divided, fold_data
from dlpy.training.loaded_rows import loaded_again
from dlpy.training.outer_rows import write_outer_rows
from dlpy.training.pipeline import Split, obtain, split, transform
from dlpy.training.prepare import Prepared
from dlpy.training.record import Options, claim, digest_of, opening, save_splits, told_of_data
from dlpy.training.smoke import shortened


def load_search(path: Path, overrides: list[str] | None = None) -> tuple[Space, Experiment]:
    """Return the space of an experiment file with ranges, and the experiment at its first point.

    Raises:
        ConfigError: lists all mistakes, one per line.
    """
    return search_of(read(path, overrides))


def fingerprint(space: Space, experiment: Experiment) -> str:
    """Return the sha256 of an experiment with its ranges, its overrides and the code of its plug-ins."""
    return digest_of(to_yaml({**space.source.values, "plugins": []}), experiment.plugins)


def search(space: Space, experiment: Experiment, options: Options, reporter: SearchReporter) -> Run:
    """Train the trials of a search and return its directory.

    Raises:
        DivergedError: all trials failed.
    """
    keras_backend.check_settings()
    require_writable(options.folder)
    drawing.begin()
    loaded = obtain(experiment.data, experiment.seed, smoke=options.smoke)
    first = _first_rows(experiment, loaded, smoke=options.smoke)
    monitored = _monitored(experiment, loaded.task, space.source)
    sampler = sampler_of(space, experiment.search, experiment.seed, direction=monitored.direction)
    for fold in itertools.islice(outer_folds(Run(options.folder), experiment, loaded), 1):
        _first_rows(experiment, fold.rows(loaded), smoke=options.smoke)  # raises DataError where there are too few rows
    reporter.data_ready(loaded, first, experiment)
    for line in notices(space, experiment, monitored.name):
        reporter.notice(line)
    how = _how((experiment, first, number_of_trials(space, experiment.search)), options, monitored, sampler.version)
    options = replace(options, kind="search", search=how, given=fingerprint(space, experiment))
    told = told_of_data(experiment, loaded, first.task) | environment()

    def write(run: Run) -> None:
        _write_beginning(run, (space.source, experiment), told, options)

    run = claim(options, experiment.name or "search", write)
    with locked(run), record_outcome(run):
        save_splits(run, first)
        continued(run, loaded, reporter)
        draw_all(run, reporter.notice)
    return run


def continued(
    run: Run, loaded: Loaded | None, reporter: SearchReporter, again: list[Trial] | None = None, before: float = 0.0
) -> None:
    """Train the trials of a search that have not ended, and write what it found.

    Args:
        run: the search.
        loaded: all rows, if they are in memory.
        reporter: shows the trials.
        again: failed trials to train again.
        before: seconds that the search has taken already.
    """
    how = run.record().search or HowSearched()
    monitored = Monitored(how.monitor, how.direction)
    trainer = Trainer(run, monitored, loaded)
    space, experiment = trainer.space, trainer.first
    sampler = sampler_of(space, experiment.search, experiment.seed, direction=how.direction)
    total = number_of_trials(space, experiment.search)
    study = Study(run, experiment.search, sampler, monitored, total, before, how.together)
    run_trials(study, trainer, reporter, again or [])
    best = summarize(run, trainer, monitored, total)
    if how.refit:
        refit(run, best, run.read("run.json")["command"], Once(reporter))
    if experiment.search.nested is not None:
        _cross_validate(trainer, loaded, reporter)


def _cross_validate(trainer: Trainer, loaded: Loaded | None, reporter: SearchReporter) -> None:
    """Search in each outer fold that is not done, and write how the best of these searches score."""
    run, space, experiment = trainer.run, trainer.space, trainer.first
    loaded = loaded_again(run, experiment) if loaded is None else loaded
    folds = list(outer_folds(run, experiment, loaded))
    for fold in folds:
        if not fold.is_done:
            _search_in(fold, run, space, loaded)
            reporter.notice(f"outer fold {fold.number} of {len(folds)}: {score(fold)}")
    summarize_outer(run, folds)


def _search_in(fold: OuterFold, outer: Run, space: Space, loaded: Loaded) -> None:
    """Search on the training rows of an outer fold, and train the final model on all of them.

    Raises:
        DivergedError: all trials failed.
    """
    rows = fold.rows(loaded)
    if not fold.run.read("run.json"):
        inner, experiment = search_of(inner_document(space))
        with atomic.storage(fold.run.path):
            fold.run.path.mkdir(parents=True, exist_ok=True)
        write_outer_rows(fold.run, fold.train, fold.held_out)
        record = outer.record()
        first = _first_rows(experiment, rows, smoke=record.smoke)
        save_splits(fold.run, first)
        how = replace(record.search or HowSearched(), refit=True)
        command = outer.read("run.json")["command"]
        options = Options(fold.run.path.parent, command, "search", record.smoke, search=how, place=record.place)
        told = told_of_data(experiment, rows, first.task) | environment()
        _write_beginning(fold.run, (inner.source, experiment), told, options)
    try:
        continued(fold.run, rows, SearchReporter())
    except DivergedError as error:
        raise DivergedError(f"outer fold {fold.number}: {error}") from None
    fold.run.update(status="completed", exit_reason="done")


def _how(
    what: tuple[Experiment, Data, int | None], options: Options, monitored: Monitored, sampler: str
) -> HowSearched:
    experiment, first, total = what
    return HowSearched(
        workers=experiment.search.workers,
        together=trials_together(experiment, first, total),
        refit=options.search is not None and options.search.refit,
        sampler=sampler,
        monitor=monitored.name,
        direction=cast("Any", monitored.direction),
    )


def _first_rows(experiment: Experiment, loaded: Loaded, *, smoke: bool) -> Data:
    """Return the rows of the first point of the space, those of the first fold where trials are trained on folds."""
    experiment = shortened(experiment) if smoke else experiment
    if experiment.search.folds:
        prepared = Prepared(experiment, loaded, Split(loaded.train, None, loaded.test))
        data, _ = fold_data(prepared, *divided(prepared)[0])
        return data
    data, _ = transform(experiment, split(experiment.data, loaded), loaded.task)
    check(data)
    return data


def _monitored(experiment: Experiment, task: Task, document: Document) -> Monitored:
    """Return the score by which the trials are compared.

    Raises:
        ConfigError: the first trial does not log it.
    """
    name = name_of_monitor(experiment)
    known = experiment.directions(experiment.task(task) or task, validation=True)
    if name not in known:
        wrong = f"no trial logs '{name}'.{did_you_mean(name, known)}"
        raise document.error([Mistake(("search", "monitor"), wrong)])
    return Monitored(name, known[name])


def _write_beginning(run: Run, what: tuple[Document, Experiment], told: dict[str, Any], options: Options) -> None:
    document, experiment = what
    with atomic.storage(run.path):
        for plugin in experiment.plugins:
            shutil.copyfile(plugin, run.path / Path(plugin).name)
    values = {"name": experiment.name, **document.values}
    if experiment.plugins:
        values["plugins"] = [Path(plugin).name for plugin in experiment.plugins]
    write_document(run.path / SEARCH, Document(document.path, values))
    names = [SEARCH, *(Path(plugin).name for plugin in experiment.plugins)]
    digests = {name: sha256(run.path / name) for name in names}
    weighted = experiment.training.class_weight is not None
    record = opening(run, options, experiment.seed, told)
    run.write("run.json", record | {"class_weighted": weighted, "test_looks": 0, "config_sha256": digests})
    source = told["data"]
    run.append_log(f"started: {options.command or options.kind}; data: {source['source']} {source['description']}")
