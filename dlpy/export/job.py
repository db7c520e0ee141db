"""A run to export: its model, and the rows that files are checked with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import GenerativeModel
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.experiment.experiment import Experiment
from dlpy.export.comparison import Checked
from dlpy.export.signature import Told
from dlpy.portable.network import GENERATED, Parts, Portable, generator, portable_network
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.sampling.images import asked_for, latent_vectors, make
from dlpy.training.decisions import decisions_of
from dlpy.training.estimators import network_of
from dlpy.training.evaluate import Tell, Trained, read_config, restore
from dlpy.training.loaded_rows import raw_parts

_MOST_ROWS = 256  # that a file is checked with


@dataclass(frozen=True)
class Job:
    """A run to export.

    training: the rows that it was trained with, before the transforms. raw: those to check files with, of this part.
    checked: the same, and what dlpy predicts for them. told: what its answers mean.
    """

    run: Run
    trained: Trained
    training: Rows
    raw: Rows
    part: str
    checked: Checked
    told: Told

    @property
    def family(self) -> str:
        """The name of the model family."""
        return self.trained.experiment.model.name

    @property
    def precisions(self) -> set[str]:
        """The types in which its layers compute."""
        return {self.trained.experiment.training.precision}

    def portable(self, *, strings: bool) -> Portable:
        """Return the network; `strings` says whether it may look up texts.

        Raises:
            ConfigError: it cannot be said without dlpy.
        """
        trained, model = self.trained, network_of(self.trained.engine)
        if GENERATED in self.checked.wanted:
            return generator(model.sampler)  # type: ignore[attr-defined]
        pairs = list(zip(trained.pipeline.transforms, trained.pipeline.states, strict=True))
        return portable_network(
            Parts(trained.experiment.model, model, trained.task, pairs, trained.bands.factors),
            self.training,
            strings=strings,
        )


def job_of(run: Run, which: checkpoints.Which, tell: Tell) -> Job:
    """Return a run to export.

    Raises:
        ConfigError: no format holds its model.
        DataError: its data is missing, or has changed.
    """
    experiment, _ = read_config(run)
    require_network(experiment)
    trained = restore(run, which, tell)
    if trained.task.translates:
        raise ConfigError("seq2seq writes texts with two networks: of the formats, docker alone holds them.")
    if isinstance(experiment.model, GenerativeModel):
        return _of_generator(run, trained)
    parts = raw_parts(run, experiment)
    part = "validation" if "validation" in parts else "train"
    raw = some_rows(parts[part])
    rows = trained.applied(raw)
    checked = Checked(rows, trained.own_predictions(rows), trained.task)
    decisions = decisions_of(run, trained.epoch, tell) if trained.task.has_answers else {}
    return Job(run, trained, parts["train"], raw, part, checked, Told(trained.task, decisions))


def require_network(experiment: Experiment, of: str = "") -> None:
    """Raise ConfigError for a model that is no network; `of` begins the message."""
    if isinstance(experiment.model, EstimatorModel):
        raise ConfigError(f"{of}{experiment.model.name} is no network: of the formats, docker alone holds it.")


def _of_generator(run: Run, trained: Trained) -> Job:
    """Return a generative run, whose network is checked with random latent vectors."""
    sampler = network_of(trained.engine).sampler  # type: ignore[attr-defined]
    vectors = asked_for(sampler, latent_vectors(sampler, _MOST_ROWS, trained.experiment.seed))
    made = make(sampler, vectors)
    task = Task({"vectors": Input("array", vectors.shape[1:])}, {GENERATED: Output("inputs", None)})
    rows = Rows({"vectors": vectors}, {}, np.arange(len(vectors)))
    return Job(run, trained, rows, rows, "generated", Checked(rows, {GENERATED: made}, task), Told(task, {}))


def some_rows(rows: Rows) -> Rows:
    """Return at most as many rows as a file is checked with, spread over all."""
    if len(rows) <= _MOST_ROWS:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(np.int64))
