"""The results of a fold in its directory, `fold.json` last: a resumed run relies on these files alone."""

from __future__ import annotations

import math
import shutil
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from dlpy.core.errors import RunError
from dlpy.core.parsing import Scores, read_json
from dlpy.engine.plan import Execution
from dlpy.runs.checkpoint_files import keep_alone
from dlpy.runs.directory import Run
from dlpy.runs.history import read_history
from dlpy.runs.lookup import fold_runs
from dlpy.runs.predictions import read_fold, read_fold_quantiles
from dlpy.runs.record import FoldRecord
from dlpy.runs.results import outputs_of
from dlpy.storage.atomic import put_on_disk, write_arrays

_DONE = "fold.json"
KEPT = "kept"  # the checkpoint with the model that a fold keeps


@dataclass(frozen=True)
class Fold:
    """The results of one fold: the scores after its last epoch, and the predictions for its validation rows."""

    number: int
    scores: dict[str, float | None]  # None where one is undefined
    baseline: dict[str, Any]
    rows: np.ndarray  # positions of the validation rows among all rows except the test rows
    targets: dict[str, np.ndarray]  # by output
    predictions: dict[str, np.ndarray]
    execution: Execution
    quantiles: dict[str, np.ndarray] = field(default_factory=dict)  # (rows, numbers x quantiles), where predicted


def folder_of(run: Run, number: int) -> Run:
    """Return the directory of a fold, numbered from 1, as a run."""
    return Run(run.path / "folds" / f"{number:02d}")


def done_folds(run: Run) -> int:
    """Return how many folds of a run are done."""
    return sum(is_done(folder) for folder in fold_runs(run))


def write_fold(folder: Run, fold: Fold) -> None:
    """Write the results of a fold into its directory, and remove the checkpoints of its training."""
    write_predictions(folder, fold.rows, fold.targets, fold.predictions, fold.quantiles)
    put_on_disk(folder.metrics)  # the summary reads its curve
    content = {
        "scores": fold.scores,
        "baseline": fold.baseline,
        "execution": asdict(fold.execution),
        "epochs": _epochs(folder),
    }
    folder.write(_DONE, content)
    _forget_training(folder)


def write_predictions(
    folder: Run,
    rows: np.ndarray,
    targets: dict[str, np.ndarray],
    predictions: dict[str, np.ndarray],
    quantiles: dict[str, np.ndarray] | None = None,
) -> None:
    """Write predictions.npz of a training in a folder: its held-out rows, their targets and predictions by output."""
    arrays = {"rows": rows}
    for name, prediction in predictions.items():
        before = f"{name}." if len(predictions) > 1 else ""
        arrays |= {f"{before}target": targets[name], f"{before}prediction": prediction}
        if quantiles is not None and name in quantiles:
            arrays[f"{before}quantiles"] = quantiles[name]
    write_arrays(folder.predictions, arrays)


def fold_results(run: Run, number: int) -> Fold:
    """Return the results of a completed fold.

    Raises:
        RunError: its files are damaged.
    """
    folder = folder_of(run, number)
    try:
        told, given = read_json(folder.path / _DONE, FoldRecord), read_fold(folder.predictions, outputs_of(run))
        quantiles = read_fold_quantiles(folder.predictions, outputs_of(run))
        if _epochs(folder) != told.epochs:
            raise RunError(f"metrics.csv does not have its {told.epochs} epochs")
        common_sense = _with_nan(told.baseline.scores)
        return Fold(number, dict(told.scores), common_sense, *given, Execution(**asdict(told.execution)), quantiles)
    except (RunError, FileNotFoundError) as error:
        hint = f"remove {folder.path}, and `dlpy resume` trains that fold again"
        raise RunError(f"fold {number} of run {run.id} is damaged ({error}): {hint}.") from None


def _with_nan(scores: Scores) -> dict[str, float]:
    """Return scores as numbers, NaN where undefined."""
    return {name: math.nan if value is None else value for name, value in scores.items()}


def _epochs(folder: Run) -> int:
    history = read_history(folder.metrics)
    return 0 if history is None else len(history.epochs)


def is_done(folder: Run) -> bool:
    """Return whether a fold is complete; the checkpoints of its training are then removed."""
    done = (folder.path / _DONE).is_file()
    if done:
        _forget_training(folder)  # a process that was killed just before could not do it
    return done


def _forget_training(folder: Run) -> None:
    """Remove the checkpoints of a fold that is done, but for the model that it keeps."""
    if (folder.path / "run.json").is_file():
        keep_alone(folder, KEPT)
    else:
        forget_checkpoints(folder)


def forget_checkpoints(folder: Run) -> None:
    """Remove the checkpoints of a training whose results are written."""
    shutil.rmtree(folder.checkpoints, ignore_errors=True)
