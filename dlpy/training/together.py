"""The trainings of a run done at once, in one graph: whether that is possible and pays, and how they are done.

Their common state is saved in one file, from which a run that was killed goes on to the same bits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.callbacks._metrics_csv import MetricsCsv
from dlpy.components.hooks import Hooks
from dlpy.core.errors import ConfigError, RunError
from dlpy.core.signals import held_back
from dlpy.engine.stacked.group import group_size
from dlpy.engine.together import Member, Together, reason_apart, structure
from dlpy.experiment.experiment import Experiment
from dlpy.storage.atomic import json_text, write_arrays
from dlpy.storage.npz import ArraysError, read_npz
from dlpy.training.callbacks import built_callbacks
from dlpy.training.compile import compiled_model, exact_scores, fresh_model
from dlpy.training.estimators import start_again
from dlpy.training.fit import plan_of
from dlpy.training.in_folder import Assignment
from dlpy.training.monitored import monitored_scores
from dlpy.training.reporter import Reporter, let_tell

if TYPE_CHECKING:
    import keras

_LEAST_SECONDS, _SHARE = 5.0, 0.025  # between two writes of the state, and the share of time that they may take
_VALUES = "values"  # the array of the file that holds JSON
_LEAST_STEPS = 20_000  # of all trainings: compiling the graph takes longer than fewer steps


def pays(experiment: Experiment, work: Assignment, count: int, *, apart: bool) -> bool:
    """Return whether `count` trainings like this one are done together.

    The choice depends on sizes alone, so that a repeated run makes the same one: networks of which at least two stay
    in a core's cache, and enough steps to be worth compiling.

    Args:
        apart: whether something else, such as parallel processes, asks for trainings one by one.

    Raises:
        ConfigError: the experiment asks for it, and it is not possible.
    """
    how = experiment.training
    if how.together is False or (how.together == "auto" and (apart or (how.execution, how.jit_compile) != _FREE)):
        return False
    if how.devices is not None:
        return False  # training.together: true is refused beside it
    model = compiled_model(work.experiment, work.data.task, work.experiment.seed)
    hooks = list(built_callbacks(work.experiment, work.folder, work.data).values())
    reason = reason_apart(model, plan_of(work.experiment, work.data, model), hooks)
    if how.together is True:
        if reason is not None:
            raise ConfigError(f"training.together: {reason} cannot be trained together with others; use auto.")
        return True
    return reason is None and _are_small(model, work, count)


_FREE = ("auto", "auto")  # what execution and jit_compile are unless the experiment says how it is executed


def _are_small(model: keras.Model, work: Assignment, count: int) -> bool:
    how, rows = work.experiment.training, len(work.data.train)
    steps = how.steps_per_epoch or -(-rows // min(how.batch_size, rows))
    return group_size(count, model.count_params()) > 1 and steps * how.epochs * count >= _LEAST_STEPS


def fit_together(
    works: Sequence[Assignment], state: Path, reporter: Reporter, monitor: tuple[str, str] | None = None
) -> Together:
    """Train in several folders at once, and return what holds the weights and the scores of each.

    Args:
        works: of one structure.
        state: the file of their common state, from which training goes on if it exists.
        monitor: the score, and its direction, by which the best epoch is kept; the last one unless given.

    Raises:
        DivergedError, DataError: with the name of the training.
    """
    saver = Saver(state, reporter)
    if not state.is_file():
        for work in works:
            start_again(work.folder)
    members = [_member(work, reporter, monitor) for work in works]
    if len({structure(member.model) for member in members}) != 1:
        raise ConfigError("training.together: the networks differ in their layers, as folds with other categories do.")
    group = Together(members, saver.after)
    saver.begin(group)
    try:
        group.fit()
    except BaseException:
        if group.is_between_epochs:
            saver.save()
        raise
    finally:
        reporter.on_train_end()
    for work, outcome in zip(works, group.outcomes, strict=True):
        if outcome.error is not None:
            raise type(outcome.error)(f"{work.name}: {outcome.error}")
    return group


def _member(work: Assignment, reporter: Reporter, monitor: tuple[str, str] | None) -> Member:
    experiment, data = work.experiment, work.data
    model = fresh_model(experiment, data.task)
    callbacks = built_callbacks(experiment, work.folder, data)
    hooks: list[Hooks] = [MetricsCsv(work.folder.metrics), monitored_scores(experiment, data), *callbacks.values()]
    let_tell([reporter, *hooks])
    plan, exact = plan_of(experiment, data, model), exact_scores(experiment, data.task)
    name, direction = monitor or (None, "min")
    return Member(model, data.train, data.validation, plan, hooks, exact, name, direction)


class Saver:
    """Shows the progress of a group, and saves its state from time to time.

    Args of an instance:
        path: the file of the state.
        reporter: shows the epochs.
    """

    def __init__(self, path: Path, reporter: Reporter) -> None:
        self._path, self._reporter = path, reporter
        self._group: Together | None = None
        self._written, self._took = time.monotonic(), 0.0

    def begin(self, group: Together) -> None:
        """Bring a group into the saved state if there is one, or else its files to their beginning."""
        self._group = group
        epochs = group.members[0].plan.epochs
        self._reporter.set_params({"epochs": epochs, "steps": 1})
        self._reporter.on_train_begin()
        if self._path.is_file():
            arrays, values = _read(self._path)
            group.restore(arrays, values)
            self._reporter.notice(f"resumed after epoch {values['epoch']} of {epochs}")

    def after(self, epoch: int) -> None:
        """Save the state if it is time."""
        self._reporter.on_epoch_begin(epoch - 1)
        self._reporter.on_train_batch_end(0)
        if time.monotonic() - self._written >= max(_LEAST_SECONDS, self._took / _SHARE):
            self.save()

    def save(self) -> None:
        """Write the state after the last epoch."""
        if self._group is None:
            return
        began = time.monotonic()
        arrays, values = self._group.state()
        text = np.frombuffer(json_text(values).encode(), np.uint8)
        with held_back():
            write_arrays(self._path, {**arrays, _VALUES: text})
        self._written = time.monotonic()
        self._took = self._written - began


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Return the arrays and the values of a saved state.

    Raises:
        RunError: it is damaged.
    """
    try:
        arrays = read_npz(path)
        values = json.loads(arrays.pop(_VALUES).tobytes())
        return arrays, values
    except (ArraysError, KeyError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}. Remove it, and training starts again.") from None
