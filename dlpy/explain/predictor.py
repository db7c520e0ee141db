"""The model of a run as a function of its raw rows: what explanations that look at no layer need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.engine.held_out_batch import bytes_of_row
from dlpy.ensembles.evaluate import refuse_checkpoint, weights_of
from dlpy.experiment.experiment import Experiment
from dlpy.runs.bands import LEARNED
from dlpy.runs.checkpoints import Which
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.runs.members import how_combined, unchanged_members
from dlpy.scores.ensembles import combined
from dlpy.training.evaluate import Tell, Trained, restore
from dlpy.training.split_names import Part

_BYTES = 128_000_000  # of rows that are transformed and predicted at a time

Numbers = Mapping[str, np.ndarray]  # predictions by output, (rows, units), in the target's own unit


@dataclass(frozen=True)
class Predictor:
    """A run's model, or the members of an ensemble with their weights by output."""

    run: Run
    members: tuple[Trained, ...]
    weights: Mapping[str, np.ndarray]

    @property
    def trained(self) -> Trained:
        """The only model, or the first member."""
        return self.members[0]

    @property
    def experiment(self) -> Experiment:
        """The experiment of the run or of the first member."""
        return self.trained.experiment

    @property
    def task(self) -> Task:
        """The task after the transforms."""
        return self.trained.task

    def predict(self, raw: Rows) -> Numbers:
        """Return the predictions for rows before the transforms, which may be many: they are predicted in pieces."""
        size = max(1, _BYTES // max(1, bytes_of_row(raw)))
        pieces = [np.arange(start, min(start + size, len(raw))) for start in range(0, len(raw), size)]
        found = [self._of_piece(raw if len(pieces) == 1 else raw.take(piece)) for piece in pieces]
        return {name: np.concatenate([piece[name] for piece in found]) for name in found[0]}

    def _of_piece(self, raw: Rows) -> Numbers:
        each = [_predicted(trained, raw) for trained in self.members]
        if len(each) == 1:
            return each[0]
        return {name: combined(np.stack([one[name] for one in each]), self.weights[name]) for name in each[0]}


def _predicted(trained: Trained, raw: Rows) -> Numbers:
    return {name: numbers.astype(np.float64) for name, numbers in trained.own_predictions(trained.applied(raw)).items()}


def predictor_of(run: Run, which: Which, tell: Tell, part: Part | None = None) -> Predictor:
    """Return the model of a run as a function, restored once.

    Args:
        run, which, tell, part: as of `restore`.

    Raises:
        ConfigError: the members of an ensemble read the data in different ways.
        RunError: the run has no such checkpoint, or its files are damaged.
    """
    if run.record().kind != ENSEMBLE:
        return Predictor(run, (_as_learned(run, which, tell, part),), {})
    refuse_checkpoint(which)
    runs = unchanged_members(run)
    members = tuple(_as_learned(member, "best", tell, part) for member in runs)
    alike = {"path": None, "transforms": []}  # the same rows may lie at several places
    read = [one.experiment.data.model_dump(mode="json") | alike for one in members]
    known = [(data, member.record().data.sha256) for data, member in zip(read, runs, strict=True)]
    if any(one != known[0] for one in known):
        raise ConfigError(f"the members of ensemble {run.id} read their data in different ways: explain one of them.")
    how = how_combined(run)
    return Predictor(run, members, {name: weights_of(how, name) for name in members[0].task.outputs})


def _as_learned(run: Run, which: Which, tell: Tell, part: Part | None) -> Trained:
    """Return the restored run with bands as they were learned, whose loss is the one that training reports."""
    return replace(restore(run, which, tell, part=part), bands=LEARNED)
