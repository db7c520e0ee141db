"""Trains the trials of a group at once: networks of one structure share a graph.

What a group consists of is decided by the numbers of its trials alone, and it is always trained as a whole: a search
that was killed trains it again from the start, to the same bits. A trial that cannot be trained with others, or whose
structure no other trial of the group has, is left to the trainer.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from dlpy.callbacks.checkpoint import Checkpoint
from dlpy.callbacks.early_stopping import EarlyStopping
from dlpy.callbacks.learning_rate_schedule import LearningRateSchedule
from dlpy.callbacks.metrics_csv import MetricsCsv
from dlpy.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from dlpy.components.estimator import EstimatorModel
from dlpy.components.hooks import Hooks
from dlpy.components.model import GenerativeModel
from dlpy.core.errors import DataError
from dlpy.data.rows import Data
from dlpy.engine.plan import Plan
from dlpy.engine.together import Member, Together, reason_apart, structure
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.search.directory import Result, read_result, write_result
from dlpy.search.monitor import Monitored
from dlpy.search.trial_rows import Part
from dlpy.storage.atomic import put_on_disk, storage
from dlpy.training.answers import by_target, own_targets
from dlpy.training.callbacks import built_callbacks, checkpoint_of
from dlpy.training.compile import exact_scores, fresh_model, sample_weight
from dlpy.training.fold_files import forget_checkpoints, write_predictions
from dlpy.training.in_folder import claimed
from dlpy.training.monitored import monitored_scores
from dlpy.training.record import save_splits

_CALLBACKS = (Checkpoint, EarlyStopping, LearningRateSchedule, ReduceLROnPlateau)  # need the scores and the rate alone


@dataclass(frozen=True)
class Training:
    """One training of a trial: the trial's number, its folder, its experiment with its seed, and its rows."""

    number: int
    folder: Run
    experiment: Experiment
    part: Part
    pruner: Hooks | None = None


class _Curve(Hooks):
    """Remembers the monitored score of each epoch, and ends a training in which it is undefined."""

    def __init__(self, monitor: str, check: Hooks) -> None:
        self._monitor, self._check = monitor, check
        self.curve: list[float] = []
        self.error: str | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.curve.append(float(logs[self._monitor]))
        try:
            self._check.on_epoch_end(epoch, logs)
        except DataError as error:  # of this trial: the others go on
            self.error, self.model.stop_training = str(error), True


def may_share(experiment: Experiment, data: Data) -> bool:
    """Return whether an experiment is of a kind that can be trained with others; its network is looked at later."""
    training, model = experiment.training, experiment.model
    if isinstance(model, EstimatorModel | GenerativeModel) or training.phases or not data.task.is_single:
        return False
    if training.execution == "steps" or training.jit_compile is False or checkpoint_of(experiment).best_every > 1:
        return False
    return all(isinstance(callback, _CALLBACKS) for callback in experiment.callbacks)


@dataclass(frozen=True)
class Kind:
    """Why a network cannot be trained together with others (None if it can), its parameters and its training steps."""

    reason: str | None
    parameters: int = 0
    steps: int = 0


def kind_of(experiment: Experiment, data: Data) -> Kind:
    """Return whether the network of an experiment can be trained together with others, and its size."""
    if not may_share(experiment, data):
        return Kind("its options or callbacks need a training of its own")
    model, plan = fresh_model(experiment, data.task), plan_of(experiment, data)
    steps = plan.steps_per_epoch or -(-len(data.train) // plan.batch_size)
    return Kind(reason_apart(model, plan), model.count_params(), steps * plan.epochs)


def plan_of(experiment: Experiment, data: Data) -> Plan:
    """Return how an experiment without phases is trained."""
    how, augmentation = experiment.training, experiment.data.augmentations(data.task)
    weight = sample_weight(experiment, data)
    return Plan(how.batch_size, how.epochs, experiment.seed, weight, how.steps_per_epoch, augmentation)


def train_together(trainings: Sequence[Training], monitored: Monitored) -> dict[int, str]:
    """Train those that share a structure, write their results, and return why trials failed, by number."""
    groups: dict[Hashable, list[tuple[Training, Member, _Curve]]] = {}
    for training in trainings:
        data = training.part.data
        if not may_share(training.experiment, data):
            continue
        member, curve = _member(training, monitored)
        if reason_apart(member.model, member.plan, member.hooks) is None:
            kind = (structure(member.model), member.plan.batch_size, member.plan.steps_per_epoch)
            groups.setdefault(kind, []).append((training, member, curve))
    failed: dict[int, str] = {}
    for group in groups.values():
        done = all(read_result(training.folder) is not None for training, _, _ in group)
        if len(group) > 1 and not done:
            failed |= _trained(group)
    return failed


def _member(training: Training, monitored: Monitored) -> tuple[Member, _Curve]:
    experiment, data = training.experiment, training.part.data
    curve = _Curve(monitored.name, monitored_scores(experiment, data))
    callbacks = built_callbacks(experiment, training.folder, data).values()
    pruner = [] if training.pruner is None else [training.pruner]
    member = Member(
        fresh_model(experiment, data.task),
        data.train,
        data.validation,
        plan_of(experiment, data),
        [MetricsCsv(training.folder.metrics), curve, *pruner, *callbacks],
        exact_scores(experiment, data.task),
        monitored.name,
        monitored.direction,
    )
    return member, curve


def _trained(group: Sequence[tuple[Training, Member, _Curve]]) -> dict[int, str]:
    """Train the members of one structure, write their results, and return why trials failed, by number."""
    began, failed = time.monotonic(), dict[int, str]()
    with ExitStack() as held:
        for training, _, _ in group:
            held.enter_context(claimed(training.folder))
            forget_checkpoints(training.folder)  # it is trained from the start
            with storage(training.folder.metrics):
                training.folder.metrics.unlink(missing_ok=True)
        together = Together([member for _, member, _ in group])
        together.fit()
        seconds = (time.monotonic() - began) / len(group)
        for position, (training, _, curve) in enumerate(group):
            error = together.outcomes[position].error
            if error is not None or curve.error is not None:
                failed[training.number] = curve.error or str(error)
            else:
                _write(training, together, position, curve.curve, seconds)
    return failed


def _write(training: Training, together: Together, position: int, curve: list[float], seconds: float) -> None:
    """Write the files of a member that was trained."""
    outcome, data = together.outcomes[position], training.part.data
    save_splits(training.folder, data)
    held_out = data.validation or data.train
    predictions = by_target(data.task, {"": together.predict(position)})
    targets, predictions = (own_targets(data.task, arrays) for arrays in (held_out.targets, predictions))
    write_predictions(training.folder, training.part.rows, targets, predictions)
    put_on_disk(training.folder.metrics)
    is_pruned = training.pruner is not None and training.pruner.ends_training
    best = outcome.best_epoch or outcome.epochs
    scores = dict(outcome.best_logs)
    write_result(training.folder, Result(scores, best, outcome.epochs, [*curve], is_pruned, round(seconds, 3)))
