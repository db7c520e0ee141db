"""What the trainings of a group leave in the folders of their trials: the files of any trial, written at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlpy.engine.together import Member, Together
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial
from dlpy.search.directory import Result, read_result, trial_folder, write_result
from dlpy.search.member_hooks import MemberHooks
from dlpy.search.pruners import PrunerHooks
from dlpy.search.scored import failed_trial, scored_trial
from dlpy.search.trainer import Place, Task, Trainer
from dlpy.search.trial_rows import Part
from dlpy.storage.atomic import json_text, storage, write_whole
from dlpy.training.answers import own_targets, points
from dlpy.training.fold_files import forget_checkpoints, write_predictions
from dlpy.training.prepare import Prepared
from dlpy.training.record import save_splits


@dataclass(frozen=True)
class Training:
    """A training of a trial as a member of a group.

    prepared: the experiment of the trial, with its rows.
    """

    number: int  # among all of the group
    task: Task
    place: Place
    prepared: Prepared
    part: Part
    hooks: MemberHooks
    pruner: PrunerHooks | None
    member: Member


def state_file(folder: Run, trainings: Sequence[Training]) -> Path:
    """Return the file of the state of a group, in the folder of its first trial; its name depends on the members."""
    members = [(one.place.name, one.prepared.experiment.model_dump(exclude={"search"})) for one in trainings]
    digest = hashlib.sha256(json_text(members).encode()).hexdigest()
    return folder.path / f"group-{digest[:16]}.npz"


def ended(trainer: Trainer, trainings: Sequence[Training], group: Together, seconds: float) -> Trial:
    """Write the files of a trial, and return it.

    Args:
        trainer: of the search.
        trainings: of the trial.
        group: which is trained.
        seconds: that each training took.
    """
    task, results = trainings[0].task, []
    for training in trainings:
        folder, error = training.place.folder, group.outcomes[training.number].error
        with storage(folder.path):
            folder.path.mkdir(parents=True, exist_ok=True)
        if reason := training.hooks.reason or (None if error is None else str(error)):
            _write_metrics(training)
            return failed(trainer, task, reason, seconds)
        results.append(read_result(folder) or _written(training, group, seconds))
    text = trainings[0].prepared.experiment.to_yaml()
    write_whole(trial_folder(trainer.run, task.number).config, lambda path: path.write_text(text, encoding="utf-8"))
    return scored_trial(task.number, (task.point, trainer.shown(task.point)), results, trainer.monitored)


def failed(trainer: Trainer, task: Task, reason: str, seconds: float) -> Trial:
    """Return a trial that failed, with its curve from metrics.csv if that is written."""
    where, of = (task.point, trainer.shown(task.point)), (trial_folder(trainer.run, task.number), trainer.monitored)
    return failed_trial(task.number, where, of, reason, seconds)


def _written(training: Training, group: Together, seconds: float) -> Result:
    """Write the files of one training, result.json last, and return its result."""
    outcome, folder, task = group.outcomes[training.number], training.place.folder, training.part.data.task
    _write_metrics(training)
    save_splits(folder, training.part.data)
    held_out = training.part.data.validation
    if task.has_answers and held_out is not None:
        predictions = points(task, {"": group.predict(training.number)})
        targets, predictions = (own_targets(task, arrays, held_out) for arrays in (held_out.targets, predictions))
        write_predictions(folder, training.part.rows, targets, predictions)
    is_pruned = training.pruner is not None and training.pruner.ends_training
    scores, curve = dict(outcome.best_logs), training.hooks.curve
    result = Result(scores, outcome.best_epoch or 1, outcome.epochs, [*curve], is_pruned, round(seconds, 3))
    write_result(folder, result)
    forget_checkpoints(folder)  # which a trial has that was trained alone before
    return result


def _write_metrics(training: Training) -> None:
    text = training.hooks.text
    write_whole(training.place.folder.metrics, lambda path: path.write_text(text, encoding="utf-8"))
