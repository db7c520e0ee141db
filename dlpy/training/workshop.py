"""Engines for many trainings in one process: those that differ only in what a variable holds share their graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlpy.components.hooks import Hooks
from dlpy.components.model import GenerativeModel
from dlpy.core.errors import ConfigError
from dlpy.core.timing import stage
from dlpy.data.rows import Data
from dlpy.data.task import Task
from dlpy.engine.devices import prepare
from dlpy.engine.engine import Engine
from dlpy.engine.plan import Execution
from dlpy.engine.replicas import Peers, Replicas
from dlpy.experiment.experiment import Experiment
from dlpy.storage.atomic import json_text
from dlpy.training.compile import choose_execution, compiled_model, engine_for, fresh_model, penalty_line

_MOST_KEPT = 8  # engines: each holds its network and its graphs


@dataclass(frozen=True)
class _Kind:
    """What decides a graph: trainings of one kind differ in variables alone."""

    options: str
    task: Task  # a fold may have other categories than the previous one
    execution: Execution


class Workshop:
    """Makes the engines of several trainings, and traces a graph once for those of one kind.

    Args of an instance:
        trainings: how many trainings share a graph, at least; compiling one with XLA pays for many.
        rows: the training rows that decide whether XLA pays; those of each training unless given.
        peers: the other processes of the training, where there are any.
    """

    def __init__(self, trainings: int = 1, rows: int | None = None, peers: Peers | None = None) -> None:
        self._trainings, self._rows, self._peers = trainings, rows, peers
        self._has_told = False
        self._engines: list[tuple[_Kind, Engine]] = []  # the one used last comes last

    @property
    def follows(self) -> bool:
        """Whether this process only trains with the first one, which writes the run."""
        return self._peers is not None and self._peers.rank > 0

    @stage("building")
    def engine(
        self, experiment: Experiment, data: Data, hooks: Sequence[Hooks], tell: Callable[[str], None], *, fresh: bool
    ) -> Engine:
        """Return an engine with a new model; a model that is not fresh is filled from a checkpoint later."""
        replicas = replicas_of(experiment, len(data.train), self._peers)
        model = fresh_model(experiment, data.task) if fresh else compiled_model(experiment, data.task, experiment.seed)
        rows = len(data.train) if self._rows is None else self._rows
        execution = choose_execution(experiment, model, rows, hooks, self._trainings)
        if replicas is not None:
            execution = replace(execution, jit_compile=False, replicas=replicas)
        kind = _Kind(_options(experiment), data.task, execution)
        known = next((pair for pair in self._engines if pair[0] == kind), None)
        if known is None or not _may_share(experiment):
            engine = engine_for(model, experiment, data.task, execution, tell)
        else:
            engine = known[1]
            engine.restart(model)
            self._engines.remove(known)
        self._engines = [*self._engines, (kind, engine)][-_MOST_KEPT:]
        if not self._has_told and (line := penalty_line(engine.model)):
            tell(line)
            self._has_told = True
        return engine


def replicas_of(experiment: Experiment, rows: int, peers: Peers | None) -> Replicas | None:
    """Return the replicas of a training over this many rows; None for one on the first device.

    Raises:
        ConfigError: a batch has fewer rows than there are replicas.
        SetupError: a device does not exist.
    """
    devices = prepare(experiment.training.devices)
    if peers is None and devices in ((), ("CPU:0",), ("GPU:0",)):
        return None
    replicas, size = Replicas(devices or ("",), peers), min(experiment.training.batch_size, rows)
    if size < replicas.count:
        hint = f"a batch has {size} rows, fewer than the {replicas.count} replicas that share it: use a larger batch"
        raise ConfigError(f"training.batch_size: {hint} or fewer devices.")
    return replicas


def _may_share(experiment: Experiment) -> bool:
    """Return whether a graph may serve another training: not with phases, nor with a training step of its own."""
    return not experiment.training.phases and not isinstance(experiment.model, GenerativeModel)


def _options(experiment: Experiment) -> str:
    """Return the options that are part of a graph, as text: all but those that a variable holds."""
    training: dict[str, Any] = experiment.training.model_dump()
    optimizer = training["optimizer"]
    if isinstance(optimizer.get("learning_rate"), int | float):  # else a schedule, which is part of the graph
        del optimizer["learning_rate"]
    del training["epochs"]  # execution says what it decides
    watched = sorted(callback.monitors() or "" for callback in experiment.callbacks)  # one may be a loss of its own
    return json_text({"model": experiment.model.model_dump(), "training": training, "watched": watched})
