"""A training in several processes: the first one writes the run, and the others train with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import GenerativeModel
from dlpy.core.errors import ConfigError, DlpyError
from dlpy.engine.devices import count
from dlpy.engine.replicas import Peers
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.train import train


def require_divisible(experiment: Experiment, workers: int) -> None:
    """Raise ConfigError unless batches of the experiment can be shared by this many processes."""
    family = experiment.model
    if isinstance(family, EstimatorModel | GenerativeModel):
        reason = "has no batches" if isinstance(family, EstimatorModel) else "has training steps of its own"
        raise ConfigError(f"--workers: {family.name} {reason} that workers could share: leave the option out.")
    if experiment.training.jit_compile is True:
        raise ConfigError("training.jit_compile: XLA compiles for one process: with --workers, use auto or false.")
    size, replicas = experiment.training.batch_size, workers * (count(experiment.training.devices) or 1)
    if size < replicas:
        hint = f"{size} rows per step are fewer than the {replicas} replicas of --workers and training.devices."
        raise ConfigError(f"training.batch_size: {hint}")


def train_with(
    peers: Peers, experiment: Experiment, document: Document, options: Options, reporter: Reporter
) -> Run | None:
    """Train together with other processes; return the run in the first of them, and None in the others."""
    options = replace(options, peers=peers)
    if peers.rank == 0:
        return train(experiment, document, options, reporter)
    with TemporaryDirectory(prefix="dlpy-") as folder:
        try:
            train(experiment, document, replace(options, folder=Path(folder)), Reporter())
        except DlpyError as error:
            raise type(error)(*error.args) from None  # without the note that names this folder
    return None
