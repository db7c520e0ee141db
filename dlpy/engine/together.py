"""Trains several models of one structure at once, in one compiled graph.

Small networks leave a core idle: a training step costs more in calls than in arithmetic. Here the weights of several
members are stacked along a new first axis, and each operation serves all of them. Each member has its own rows, order,
initial weights, learning rate, dropout rates and penalties; its weights are those of its own training by `Engine`, but
for rounding.

Measured on two busy cores, in microseconds of a core for a step of one network of 13-64-64-1 units, 16 rows and
RMSprop: 22 under XLA for groups of 8 to 64 members, 33 in a plain graph for 64 (70 for 16), and some 450 of a training
alone with all that belongs to its epochs, of which there are 26 steps. The batched products of XLA were the fastest
of those tried: sums of products instead took three times as long, all weights of a member in one array a tenth longer.
Groups are of at most 16, so that they stay in a core's cache, and run in a thread for each core. Building a Keras model
takes 40 ms of a core, nearly half of what a training takes here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from dlpy.core import signals
from dlpy.core.errors import DataError, DivergedError
from dlpy.engine import model_state
from dlpy.engine.stacked.epochs import After, Epochs, Work
from dlpy.engine.stacked.group import Row
from dlpy.engine.stacked.member import Member, Outcome
from dlpy.engine.stacked.structure import reason_apart, structure
from dlpy.engine.step_hooks import diverged

__all__ = ["Member", "Outcome", "Together", "reason_apart", "structure"]


class Together:
    """Trains members of one structure at once.

    Args of an instance:
        members: at least one.
        progress: called after each epoch with its number from 1, when the state can be saved.
        alike: the number of members that others of this structure have; fewer ones then share their compiled graph.
    """

    def __init__(
        self, members: Sequence[Member], progress: Callable[[int], None] = lambda epoch: None, alike: int = 0
    ) -> None:
        self.members = list(members)
        if len({structure(member.model) for member in self.members}) != 1:
            raise ValueError("members that are trained together have one structure")
        self.outcomes = [Outcome() for _ in self.members]
        self._progress = progress
        self._epoch = 0
        self.is_between_epochs = True  # False once a hook has raised an error: the state is not whole then
        works = [Work(one.model, one.train, one.validation, one.plan, one.exact) for one in self.members]
        self._epochs = Epochs(works, alike)
        self._states: list[list[Any]] = []  # of the hooks of each member, where training resumes
        self._predictions: dict[int, np.ndarray] | None = None
        self._kept: dict[int, Row] = {}  # by member: the weights to keep
        self._last: dict[int, Row] = {}  # of members that have ended: the weights after the last epoch
        self._groups = self._epochs.groups(range(len(self.members)))
        for member in self.members:
            member.model.stop_training = False

    def fit(self) -> None:
        """Train all members to their ends; then each model has the weights of its best epoch, or of its last.

        Raises:
            KeyboardInterrupt, Stopped: a signal came; the state is that after the last epoch.
        """
        self._begin()
        with signals.between_steps(), ThreadPoolExecutor(_threads()) as pool:
            while self._groups:
                trained = self._trained(pool)
                self.is_between_epochs = False
                self._epoch += 1
                for group, after in zip(self._groups, trained, strict=True):
                    group.state = after.state
                    for number, _ in group.members:
                        self._after_epoch(number, after)
                self._regroup()
                self.is_between_epochs = True
                self._progress(self._epoch)
                if signals.wanted():
                    signals.obey()
        for number in self._kept:
            self._epochs.put(number, self._kept[number])

    def predict(self, number: int) -> np.ndarray:
        """Return a member's predictions for its validation rows with the weights that are kept: (rows, units) float32.

        Raises:
            KeyError: no weights of this member are kept, since it diverged in its first epoch.
        """
        if self._predictions is None:
            self._predictions = self._epochs.predictions(self._kept)
        return self._predictions[number]

    def give(self, number: int, *, last: bool) -> None:
        """Give a member's model its weights after the last epoch, or else those that are kept."""
        self._epochs.put(number, (self._last if last else self._kept)[number])

    def weights(self, number: int) -> list[np.ndarray] | None:
        """Return the weights of a member that are kept, in the order of its model, or None where there are none."""
        return None if number not in self._kept else self._epochs.in_order(number, self._kept[number])

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return what is needed to go on after the last epoch: arrays by name, and JSON values."""
        rows = {number: row for group in self._groups for number, row in group.rows().items()}
        arrays = {}
        for kind, found in (("state", rows), ("kept", self._kept), ("last", self._last)):
            for number, row in found.items():
                arrays |= {f"{number:05d} {kind} {position:03d}": array for position, array in enumerate(row)}
        members = [self._record(number) for number in range(len(self.members))]
        return arrays, {"epoch": self._epoch, "places": [group.places for group in self._groups], "members": members}

    def _record(self, number: int) -> dict[str, Any]:
        member, outcome = self.members[number], self.outcomes[number]
        error = None if outcome.error is None else str(outcome.error)
        states = [hook.state() for hook in member.hooks]
        rate = model_state.learning_rate(member.model)
        return {"outcome": {**vars(outcome), "error": error}, "hooks": states, "learning_rate": rate}

    def restore(self, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> None:
        """Go on, in `fit`, after the epoch at which `state` was taken of the same members."""
        self._epoch = values["epoch"]
        found: dict[tuple[str, int], Row] = {}
        for name in sorted(arrays):
            number, kind, _ = name.split()
            found.setdefault((kind, int(number)), []).append(arrays[name])
        self._kept = {number: row for (kind, number), row in found.items() if kind == "kept"}
        self._last = {number: row for (kind, number), row in found.items() if kind == "last"}
        rows = {number: row for (kind, number), row in found.items() if kind == "state"}
        self._groups = [self._epochs.group(places, rows) for places in values["places"]]
        for number, record in enumerate(values["members"]):
            outcome = record["outcome"]
            error = None if outcome["error"] is None else DivergedError(outcome["error"])
            self.outcomes[number] = Outcome(**{**outcome, "error": error})
            if not self._epochs.has_schedule(number):
                model_state.set_learning_rate(self.members[number].model, record["learning_rate"])
        self._states = [record["hooks"] for record in values["members"]]

    def _begin(self) -> None:
        for number, member in enumerate(self.members):
            self._begin_member(number, member)

    def _begin_member(self, number: int, member: Member) -> None:
        params = {"epochs": member.plan.epochs, "steps": self._epochs.works[number].steps, "verbose": 0}
        for hook in member.hooks:
            hook.set_model(member.model)
            hook.set_params(params)
        for hook in member.hooks:
            hook.on_train_begin()
        for hook, state in zip(member.hooks, self._states[number] if self._states else (), strict=False):
            if state is not None:
                hook.restore(state)

    def _trained(self, pool: ThreadPoolExecutor) -> list[After]:
        """Return what an epoch of each group gave; nothing is changed if a signal ends it."""
        for group in self._groups:
            for number, _ in group.members:
                for hook in self.members[number].hooks:
                    hook.on_epoch_begin(self._epoch)
        running = [pool.submit(self._epochs.run, group, self._epoch) for group in self._groups]
        trained = []
        for future in running:
            trained.append(future.result())
            if signals.wanted():
                for other in running:
                    other.cancel()
                signals.obey()
        return trained

    def _after_epoch(self, number: int, after: After) -> None:
        member, outcome = self.members[number], self.outcomes[number]
        outcome.error = self._divergence(number, after) or self._hooks_error(number, after)
        if outcome.error is not None or member.model.stop_training or self._epoch >= member.plan.epochs:
            outcome.is_ended, self._last[number] = True, after.weights[number]
            for hook in member.hooks if outcome.error is None else ():
                hook.on_train_end()

    def _hooks_error(self, number: int, after: After) -> DataError | None:
        """Keep what an epoch gave and call a member's hooks; return the error with which one of them ends it."""
        logs, outcome = after.logs[number], self.outcomes[number]
        outcome.epochs, outcome.logs = self._epoch, logs
        self._keep(number, logs, after)
        member = self.members[number]
        if self._epochs.has_schedule(number):  # hooks read the rate that it gives now
            member.model.optimizer.iterations.assign(self._epoch * self._epochs.works[number].steps)
        try:
            for hook in member.hooks:
                hook.on_epoch_end(self._epoch - 1, logs)
        except DataError as error:
            return error
        return None

    def _divergence(self, number: int, after: After) -> DivergedError | None:
        model = self.members[number].model
        for name, value in after.logs[number].items():
            if name.endswith("loss") and not np.isfinite(value):
                return diverged(f"{name} became {value} in epoch {self._epoch}", model)
        if not all(np.isfinite(array).all() for array in after.weights[number]):
            return diverged(f"a weight became NaN or infinite in epoch {self._epoch}", model)
        return None

    def _keep(self, number: int, logs: dict[str, float], after: After) -> None:
        """Keep a member's weights if the epoch is its best, or where the last ones are kept."""
        member, outcome = self.members[number], self.outcomes[number]
        if member.monitor is not None:
            best = outcome.best_logs.get(member.monitor, np.nan)
            if not _is_better(logs.get(member.monitor, np.nan), best, member.direction):
                return
        outcome.best_epoch, outcome.best_logs = self._epoch, logs
        self._kept[number] = after.weights[number]

    def _regroup(self) -> None:
        """Leave out members that have ended; when half of the groups would do, fill the gaps."""
        left = [number for group in self._groups for number, _ in group.members if not self.outcomes[number].is_ended]
        for group in self._groups:
            group.places = [None if n is None or self.outcomes[n].is_ended else n for n in group.places]
        self._groups = [group for group in self._groups if group.members]
        if 2 * -(-len(left) // self._epochs.program.members) <= len(self._groups):
            rows = {number: row for group in self._groups for number, row in group.rows().items()}
            self._groups = self._epochs.groups(left, rows)


def _is_better(value: float, best: float, direction: str) -> bool:
    if np.isnan(value):
        return False
    return bool(np.isnan(best) or (value < best if direction == "min" else value > best))


def _threads() -> int:
    return len(os.sched_getaffinity(0))
