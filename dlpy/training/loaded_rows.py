"""The rows of a run, loaded again from its data."""

from __future__ import annotations

from dlpy.core.errors import ConfigError, DataError, UnavailableError
from dlpy.data.class_filter import kept
from dlpy.data.rows import Loaded
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.training.outer_rows import narrowed
from dlpy.training.pipeline import SMOKE_ROWS


def _loaded(run: Run, experiment: Experiment) -> Loaded:
    try:
        return experiment.data.load()
    except UnavailableError as error:
        raise UnavailableError(f"{error} Run {run.id} was trained on it: put it back.") from None
    except ConfigError as error:  # the experiment was valid when it was trained
        raise DataError(f"the data has changed since run {run.id}: {error}") from None


def loaded_again(run: Run, experiment: Experiment) -> Loaded:
    """Return all rows of a run's data, or of its stand-in, in their present state."""
    record = run.record()
    if record.data.source == "stand-in" and (record.smoke or not record.data.always_generated):
        seed = experiment.seed if record.data.seed is None else record.data.seed
        loaded = experiment.data.stand_in(seed, SMOKE_ROWS if record.smoke else None)
    else:
        loaded = _loaded(run, experiment)
    return narrowed(run, kept(loaded, experiment.data.only))


def same_rows(run: Run, experiment: Experiment) -> Loaded:
    """Return all rows of a run's data.

    Raises:
        DataError: they have changed.
    """
    loaded = loaded_again(run, experiment)
    if loaded.fingerprint() != run.record().data.sha256:
        raise DataError(
            f"{loaded.source.description} has changed since run {run.id}: its scores could not be compared. "
            "Put the old file back, or train again."
        )
    return loaded
