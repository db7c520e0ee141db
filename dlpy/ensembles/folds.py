"""k-fold runs as members of an ensemble: their models, and the scores of each fold on the rows it held out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlpy.compare.rows import options_of
from dlpy.compare.sides import side_of
from dlpy.core.errors import ConfigError, RunError
from dlpy.core.suggestions import command
from dlpy.runs.directory import KFOLD, Run
from dlpy.runs.lookup import fold_runs
from dlpy.runs.predictions import Stored, read_splits

_DECIDES = (("kfold", "folds"), ("kfold", "repeats"), ("data", "split_seed"), ("data", "test"), ("data", "limit"))


def models_of(member: Run, *, is_alone: bool) -> list[Run]:
    """Return the runs whose models predict for a member: its final model, or its folds.

    Args:
        is_alone: whether the ensemble has no other member; its folds are then combined.

    Raises:
        RunError: a k-fold run keeps no models.
    """
    if member.record().kind != KFOLD:
        return [member]
    folds = [fold for fold in fold_runs(member) if (fold.path / "run.json").is_file()]
    if member.checkpoints.is_dir() and not (is_alone and folds):
        if is_alone:
            raise RunError(f"run {member.id} keeps a final model alone: validate again with --keep-models.")
        return [member]
    if not folds:
        again = command("kfold", member.config, "--keep-models")
        raise RunError(f"run {member.id} keeps no models: `{again}`, or --refit for a final model.")
    return folds


def require_same_folds(one: Run, other: Run) -> None:
    """Raise ConfigError unless two k-fold runs hold out the same rows in each fold."""
    first, second = ([_held_out_rows(fold) for fold in fold_runs(run)] for run in (one, other))
    if len(first) == len(second) and all(np.array_equal(*pair) for pair in zip(first, second, strict=True)):
        return
    given = [{block: options_of(run, block) for block in ("data", "kfold")} for run in (one, other)]
    differ = [f"{block}.{key}" for block, key in _DECIDES if given[0][block].get(key) != given[1][block].get(key)]
    why = f" ({differ[0]} differs)" if differ else ""
    raise ConfigError(f"{one.id} and {other.id} cannot be combined: their folds hold other rows{why}.")


def _held_out_rows(fold: Run) -> np.ndarray:
    return np.sort(read_splits(fold.splits).get("validation", np.empty(0, np.int64)))


def predictions_of_folds(member: Run) -> list[Mapping[str, Stored]]:
    """Return by output what each fold of a k-fold run predicts for the rows that it held out."""
    trainings = side_of(member.id, [member], "out_of_fold").trainings
    count = len(next(iter(trainings.values()))[0])
    return [{name: own[0][number] for name, own in trainings.items()} for number in range(count)]
