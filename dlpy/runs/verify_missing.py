"""The files that a completed run must hold."""

from __future__ import annotations

from collections.abc import Iterator

from dlpy.core.errors import RunError
from dlpy.runs.directory import ARTWORK_KINDS, ENSEMBLE, FINAL_MODEL, SEARCH_KIND, SEEDS, Run
from dlpy.runs.record import Record
from dlpy.runs.results import without_targets

_OF_TRAINING = ("metrics.csv", "summary.json", "splits.npz", "transforms.npz", "checkpoints/best", "checkpoints/last")
_OF_FINAL = ("run.json", "config.yaml", "summary.json", "splits.npz", "transforms.npz", "checkpoints/best")
_OF_FOLDS = ("summary.json", "predictions.npz")
_OF_FOLD = ("fold.json", "predictions.npz", "metrics.csv", "splits.npz")
_OF_KEPT = ("run.json", "config.yaml", "transforms.npz", "checkpoints/best")  # of a fold that keeps its model
_OF_SEEDS = ("summary.json", "splits.npz")
_OF_ENSEMBLES = ("summary.json", "splits.npz")
_OF_ARTWORKS = ("metrics.csv", "summary.json")


def missing_files(run: Run, record: Record, status: str) -> Iterator[str]:
    """Yield the files that a completed run lacks."""
    if status != "completed" or record.kind == SEARCH_KIND:
        return
    names = list(_OF_ARTWORKS if record.kind in ARTWORK_KINDS else _OF_TRAINING)
    if record.networks > 1:
        names = [*_OF_FINAL]
    if record.kind == "train" and _is_refitted(run):
        names += [f"{FINAL_MODEL}/{name}" for name in _OF_FINAL]
    if record.kind == "kfold":
        names = _of_folds(run, record)
    if record.kind == ENSEMBLE:
        names = [*_OF_ENSEMBLES]
    if record.kind == SEEDS:
        count = 0 if record.seeds is None else record.seeds.count
        names = [*_OF_SEEDS, *(f"{SEEDS}/{number}" for number in range(1, count + 1))]
    yield from (f"{run.path / name} is missing" for name in names if not (run.path / name).exists())


def _is_refitted(run: Run) -> bool:
    """Return whether a run has a final model; False if its summary is damaged, which is reported elsewhere."""
    try:
        return run.summary().refit is not None
    except RunError:
        return False


def _of_folds(run: Run, record: Record) -> list[str]:
    """Return the files of k-fold validation; where no targets are predicted, there are no out-of-fold predictions."""
    how = record.folds  # None for runs of older versions, which kept no folds
    trained = [name for name in _OF_TRAINING if name not in _OF_FOLDS] if how is not None and how.refit else []
    numbers = range(1, _fold_count(run) + 1) if how is not None else ()
    of_fold = [*_OF_FOLD, *(_OF_KEPT if how is not None and how.keep_models else ())]
    of_all = [name for name in _OF_FOLDS if name != "predictions.npz" or _predicts(run)]
    return [*of_all, *trained, *(f"folds/{number:02d}/{name}" for number in numbers for name in of_fold)]


def _predicts(run: Run) -> bool:
    """Return whether a run predicts targets; True if its task is damaged, which is reported elsewhere."""
    try:
        return not without_targets(run)
    except RunError:
        return True


def _fold_count(run: Run) -> int:
    """Return the number of folds in the summary; 0 if it is damaged, which is reported elsewhere."""
    try:
        return len(run.summary().folds)
    except RunError:
        return 0
