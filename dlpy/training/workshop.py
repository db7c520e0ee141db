"""The engines of a process: trainings of one experiment share a model whose graphs are traced once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlpy.components.hooks import Hooks
from dlpy.data.rows import Data
from dlpy.data.task import Task
from dlpy.engine.engine import Engine
from dlpy.experiment.experiment import Experiment
from dlpy.training.compile import choose_execution, compiled_model, engine_for, fresh_model


class Workshop:
    """Makes the engine of each training, or brings that of the previous one into its initial state.

    Args of an instance:
        trainings: how many share the graphs, by which execution is chosen.
        rows: number of training rows by which execution is chosen, so that all processes choose alike; None: those
            of the first training.
    """

    def __init__(self, trainings: int = 1, rows: int | None = None) -> None:
        self._trainings, self._rows = trainings, rows
        self._made: tuple[Experiment, Task] | None = None
        self._engine: Engine | None = None
        self.is_first = True  # whether the latest engine was the first one

    def engine(
        self, experiment: Experiment, data: Data, hooks: Sequence[Hooks], tell: Callable[[str], None], *, fresh: bool
    ) -> Engine:
        """Return an engine with a new model; a model that is not fresh is filled from a checkpoint later.

        Graphs are kept where only the seed differs: everything else may be part of them. A fold may also have other
        categories than the previous one, and thus another task.
        """
        model = fresh_model(experiment, data.task) if fresh else compiled_model(experiment, data.task, experiment.seed)
        self.is_first = self._engine is None
        wanted = (experiment.model_copy(update={"seed": 0}), data.task)
        if self._engine is None or self._made != wanted or experiment.training.phases:
            rows = self._rows or len(data.train)
            execution = choose_execution(experiment, model, rows, hooks, self._trainings)
            self._engine = engine_for(model, experiment, data.task, execution, tell)
            self._made = wanted
        else:
            self._engine.restart(model)
        return self._engine
