"""The models that the folds of k-fold validation keep, so that an ensemble can combine them."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from dlpy.core.parsing import Scores
from dlpy.engine.snapshots import Snapshot, with_copies
from dlpy.runs.checkpoints import place, write_weights
from dlpy.runs.directory import FOLD, Run
from dlpy.runs.history import read_history
from dlpy.training.estimators import Estimator, Kept, place_estimator
from dlpy.training.fold_files import KEPT
from dlpy.training.in_folder import Assignment
from dlpy.training.part_record import write_part_record
from dlpy.training.pipeline import Pipeline

if TYPE_CHECKING:
    import keras


def keep_model(
    run: Run, work: Assignment, pipeline: Pipeline, trained: keras.Model | Estimator, scores: Scores
) -> None:
    """Write the model of a fold after its last epoch, its transforms and its experiment into the fold's directory.

    Args:
        run: of all folds.
        work: the training of the fold, with its experiment as it was executed.
        trained: what predicts.
        scores: after the last epoch.
    """
    folder, history = work.folder, read_history(work.folder.metrics)
    epoch = 0 if history is None else len(history.epochs)
    numbers = {name: math.nan if value is None else value for name, value in scores.items()}
    pipeline.save(folder.transforms)
    if isinstance(trained, Estimator):
        place_estimator(folder, KEPT, Kept(epoch, numbers, trained.fitted), ["best"])
    else:
        state = with_copies(trained, Snapshot(epoch, numbers, {}))
        place(folder, KEPT, state.size, partial(write_weights, state=state), ["best"])
    own = {"kind": FOLD, "status": "completed", "exit_reason": "done", "task": work.data.task.to_record()}
    write_part_record(folder, run, work.experiment, own)
