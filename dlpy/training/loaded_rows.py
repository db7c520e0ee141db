"""The rows of a run, loaded again from its data."""

from __future__ import annotations

import platform
from collections.abc import Callable

import numpy as np

from dlpy.cluster.package import is_packaged
from dlpy.core.errors import ConfigError, DataError, UnavailableError
from dlpy.data.class_filter import kept
from dlpy.data.rows import Loaded, Rows
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import ENSEMBLE, FOLD, KFOLD, Run
from dlpy.runs.members import member_runs
from dlpy.runs.predictions import read_splits
from dlpy.training.outer_rows import narrowed
from dlpy.training.pipeline import SMOKE_ROWS, load_here, split


def loaded_for(run: Run, experiment: Experiment) -> Loaded:
    """Return all rows that an experiment names, or its stand-in if the run has one; it need not be the run's own."""
    return _narrowed(run, experiment, lambda: load_here(experiment.data))


def _narrowed(run: Run, experiment: Experiment, load: Callable[[], Loaded]) -> Loaded:
    record = run.record()
    if record.data.source == "stand-in" and (record.smoke or not record.data.always_generated):
        seed = experiment.seed if record.data.seed is None else record.data.seed
        loaded = experiment.data.stand_in(seed, SMOKE_ROWS if record.smoke else None)
    else:
        loaded = load()
    return narrowed(run, kept(loaded, experiment.data.only))


def _loaded(run: Run, experiment: Experiment) -> Loaded:
    try:
        return load_here(experiment.data)
    except UnavailableError as error:
        raise UnavailableError(f"{error} Run {run.id} was trained on it: put it back.") from None
    except ConfigError as error:  # the experiment was valid when it was trained
        raise DataError(f"the data has changed since run {run.id}: {error}") from None


def loaded_again(run: Run, experiment: Experiment) -> Loaded:
    """Return all rows of a run's data, or of its stand-in, in their present state.

    Raises:
        DataError: this machine trains for another one, and has other data.
    """
    loaded = _narrowed(run, experiment, lambda: _loaded(run, experiment))
    if is_packaged(run):
        _require_same(run, loaded, f"{loaded.source.description} is not the same on {platform.node()}")
    return loaded


def same_rows(run: Run, experiment: Experiment) -> Loaded:
    """Return all rows of a run's data.

    Raises:
        DataError: they have changed.
    """
    loaded = loaded_again(run, experiment)
    wrong = f"{loaded.source.description} has changed since run {run.id}: its scores could not be compared"
    _require_same(run, loaded, wrong, "Put the old file back, or train again.")
    return loaded


def _require_same(run: Run, loaded: Loaded, wrong: str, hint: str = "Copy it there.") -> None:
    """Raise DataError where rows are not those that the run was started with."""
    if loaded.fingerprint() != run.record().data.sha256:
        raise DataError(f"{wrong}. {hint}")


def raw_parts(run: Run, experiment: Experiment) -> dict[str, Rows]:
    """Return the rows of each part as the run had them, before the transforms."""
    return parts_of(run, experiment, same_rows(run, experiment))


def parts_of(run: Run, experiment: Experiment, loaded: Loaded) -> dict[str, Rows]:
    """Return the rows of each part of a run's loaded data, before the transforms."""
    kind = run.record().kind
    if kind == FOLD:
        return _parts_of_fold(run, loaded)
    dataset = experiment.data
    if kind == KFOLD or _is_of_folds(run):  # all rows except the test rows train its final model, or some folds
        dataset = dataset.model_copy(update={"validation": None})
    parts = split(dataset, loaded)
    named = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    return {name: rows for name, rows in named.items() if rows is not None}


def _is_of_folds(run: Run) -> bool:
    """Return whether a run is an ensemble of folds, or of final models of k-fold validation."""
    return run.record().kind == ENSEMBLE and any(one.record().kind in (FOLD, KFOLD) for one in member_runs(run))


def _parts_of_fold(run: Run, loaded: Loaded) -> dict[str, Rows]:
    """Return the rows that a fold was trained on, those that it held out, and the test rows."""
    splits, rows = read_splits(run.splits), loaded.train
    parts = {name: rows.take(np.flatnonzero(np.isin(rows.index, splits[name]))) for name in ("train", "validation")}
    return parts if loaded.test is None else {**parts, "test": loaded.test}
