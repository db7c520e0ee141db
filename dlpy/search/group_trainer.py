"""Trains the trials of a group at once, in one compiled graph: all their folds and seeds are its members."""

from __future__ import annotations

import time
from collections.abc import Sequence

from dlpy.engine.together import Member, Together, reason_apart, structure
from dlpy.runs.trials import Trial
from dlpy.search.directory import read_result, trial_folder
from dlpy.search.group_files import Training, ended, failed, state_file
from dlpy.search.member_hooks import MemberHooks
from dlpy.search.member_models import MemberModels
from dlpy.search.pruners import pruner_hooks
from dlpy.search.reasons import reason_of
from dlpy.search.together import reason_alone
from dlpy.search.trainer import Place, Task, Trainer, at_place
from dlpy.training.callbacks import built_callbacks, directions
from dlpy.training.compile import exact_scores
from dlpy.training.fit import plan_of
from dlpy.training.in_folder import claimed
from dlpy.training.monitored import monitored_scores
from dlpy.training.prepare import Prepared
from dlpy.training.reporter import Reporter, let_tell
from dlpy.training.together import Saver

_LEAST = 4  # trainings: to compile a graph for fewer takes longer than to train them one after another


class GroupTrainer:
    """Trains groups of trials; those that cannot be trained in one graph are trained one after another.

    Args of an instance:
        trainer: of single trials.
        together: the number of trials in a full group.
    """

    def __init__(self, trainer: Trainer, together: int) -> None:
        self._trainer, self._together = trainer, together
        self._models = MemberModels()

    def train(self, tasks: Sequence[Task], reporter: Reporter) -> list[Trial]:
        """Train the trials of a group, and return them in order.

        The last bits of a result depend on the other members: an interrupted group is trained again as a whole, from
        its saved state if it has one.
        """
        found = None if self._together == 1 else self._at_once(tasks, reporter)
        return [self._trainer.train(task, reporter) for task in tasks] if found is None else found

    def _at_once(self, tasks: Sequence[Task], reporter: Reporter) -> list[Trial] | None:
        """Return the trials trained in one graph; None if they are to be trained one after another, or are done."""
        folder = trial_folder(self._trainer.run, tasks[0].number)
        with claimed(folder):
            began = time.monotonic()
            begun, reasons = self._begun(tasks, reporter)
            members = [training for trainings in begun.values() for training in trainings]
            if len(members) < min(_LEAST, self._together) or _are_done(members) or _are_apart(members):
                return None
            alike = self._together * len(members) // len(begun)
            state = state_file(folder, members)
            saver = Saver(state, reporter)
            group = Together([training.member for training in members], saver.after, alike)
            if reason := _fitted(group, saver):
                reasons = {task.number: reason for task in tasks}
            seconds = (time.monotonic() - began) / len(members)
            trials = [
                failed(self._trainer, task, reasons[task.number], seconds)
                if task.number in reasons
                else ended(self._trainer, begun[task.number], group, seconds)
                for task in tasks
            ]
            state.unlink(missing_ok=True)
            return trials

    def _begun(self, tasks: Sequence[Task], reporter: Reporter) -> tuple[dict[int, list[Training]], dict[int, str]]:
        """Return the trainings of each trial before their first step, and why others cannot be trained, by number."""
        begun: dict[int, list[Training]] = {}
        reasons: dict[int, str] = {}
        self._models.begin()
        for task in tasks:
            try:
                begun[task.number] = self._trainings(task, sum(map(len, begun.values())), reporter)
            except Exception as error:
                reason = reason_of(error)
                if reason is None:
                    raise
                reasons[task.number] = reason
        return begun, reasons

    def _trainings(self, task: Task, first: int, reporter: Reporter) -> list[Training]:
        """Return the trainings of a trial; their numbers in the group begin with `first`."""
        prepared = self._trainer.prepared(task.point)
        places = enumerate(self._trainer.places(task.number, prepared), first)
        return [self._training((number, task), place, prepared, reporter) for number, place in places]

    def _training(self, what: tuple[int, Task], place: Place, prepared: Prepared, reporter: Reporter) -> Training:
        (number, task), trainer, part = what, self._trainer, self._trainer.part(prepared, place)
        experiment, data, monitored = at_place(prepared.experiment, place, part), part.data, trainer.monitored
        monitored.require_among(directions(experiment, data))
        pruner = pruner_hooks(trainer.options, task.done, monitored, experiment.training.epochs)
        callbacks = built_callbacks(experiment, place.folder, data)
        inner = [monitored_scores(experiment, data), *pruner.values(), *callbacks.values()]
        let_tell([reporter, *inner])
        model, hooks = self._models.model(experiment, data.task), MemberHooks(inner, monitored.name)
        plan, exact = plan_of(experiment, data, model), exact_scores(experiment, data.task)
        best = (monitored.name, monitored.direction)
        member = Member(model, data.train, data.validation, plan, [hooks], exact, *best)
        return Training(number, task, place, prepared, part, hooks, pruner.get("pruner"), member)


def _fitted(group: Together, saver: Saver) -> str | None:
    """Train a group from its start or its saved state; return why all of its trials failed, or None."""
    try:
        saver.begin(group)
        group.fit()
    except Exception as error:
        reason = reason_of(error)
        if reason is None:
            raise
        return reason
    except BaseException:  # a signal
        if group.is_between_epochs:
            saver.save()
        raise
    return None


def _are_done(members: Sequence[Training]) -> bool:
    return all(read_result(one.place.folder) is not None for one in members)


def _are_apart(trainings: Sequence[Training]) -> bool:
    """Return whether trainings cannot be done in one graph."""
    first, members = trainings[0], [training.member for training in trainings]
    if any(reason_alone(one.prepared.experiment, one.part.data) for one in trainings):
        return True
    if len({min(member.plan.batch_size, len(member.train)) for member in members}) > 1:
        return True
    if reason_apart(first.member.model, first.member.plan, first.hooks.hooks) is not None:
        return True
    return len({structure(member.model) for member in members}) > 1
