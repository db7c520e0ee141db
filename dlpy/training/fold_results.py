"""What a training leaves of its held-out rows: their predictions, and the results of a fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dlpy.data.rows import Data, Rows
from dlpy.data.steps import ROW, STEP, counted, counted_predictions, step_numbers
from dlpy.data.task import Task
from dlpy.engine.engine import Engine
from dlpy.engine.graphs import Predictions
from dlpy.engine.plan import Execution
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.training.answers import own_targets, points, quantiles_of
from dlpy.training.baseline import baseline, beside
from dlpy.training.estimators import Estimator
from dlpy.training.fold_files import Fold, write_fold


@dataclass(frozen=True)
class TrainedFold:
    """A fold that is trained: its number, experiment and rows, and the positions of its validation rows."""

    number: int
    experiment: Experiment
    data: Data
    validation: np.ndarray


def write_results(
    folder: Run, fold: TrainedFold, scores: Mapping[str, float | None], given: Predictions, execution: Execution
) -> None:
    """Write the scores of a fold's last epoch, its baseline and its predictions.

    Args:
        given: the predictions for the held-out rows as the model gives them.
    """
    experiment, data = fold.experiment, fold.data
    held_out = data.validation or data.train
    targets, predictions = _own(given, data)
    quantiles = own_targets(data.task, quantiles_of(data.task, given), held_out)
    rows = fold.validation
    if len(targets) == 1 and data.task.output.is_per_step:
        rows = _steps(held_out, data.task, rows)
    common_sense = beside(baseline(experiment, data.task, data.train, held_out), scores)
    own = Fold(fold.number, {**scores}, common_sense, rows, targets, predictions, execution, quantiles)
    write_fold(folder, own)


def predicted(
    engine: Engine | Estimator, experiment: Experiment, data: Data
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the targets and the predictions of the held-out rows (the training rows if there are none) by output."""
    return _own(engine.predict_all(data.validation or data.train, experiment.training.batch_size), data)


def _own(given: Predictions, data: Data) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the targets and the predictions of the held-out rows by output, in the targets' own units.

    Those of steps are flat: (steps with a target, units).
    """
    held_out, targets, predictions = data.validation or data.train, {}, points(data.task, given)
    for name, output in data.task.outputs.items():
        targets[name] = counted(held_out, name, output).y if output.is_per_step else held_out.targets[name]
        if output.is_per_step:
            predictions[name] = counted_predictions(held_out, name, output, predictions[name])
    return own_targets(data.task, targets, held_out), own_targets(data.task, predictions, held_out)


def _steps(held_out: Rows, task: Task, positions: np.ndarray) -> np.ndarray:
    """Return the numbers of the steps that have a target, by the positions of their rows among all rows."""
    (name,) = task.outputs
    found = counted(held_out, name, task.output)
    return step_numbers(positions[found.columns[ROW]], found.columns[STEP])
