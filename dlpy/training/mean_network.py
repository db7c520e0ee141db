"""The network that predicts with a final model: one, or the mean of several, ready to be scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlpy.data.task import Task
from dlpy.engine.mean_of_networks import mean_of
from dlpy.experiment.experiment import Experiment
from dlpy.training.compile import compile_model, compiled_model

if TYPE_CHECKING:
    import keras


def compiled_mean(experiment: Experiment, task: Task, networks: int) -> keras.Model:
    """Return the mean of this many new networks of an experiment; of one, that network itself."""
    made = [compiled_model(experiment, task, experiment.seed) for _ in range(networks)]
    return made[0] if networks == 1 else compiled_mean_of(experiment, task, made)


def compiled_mean_of(experiment: Experiment, task: Task, networks: Sequence[keras.Model]) -> keras.Model:
    """Return the mean of networks, with the experiment's loss and metrics."""
    model = mean_of(networks)
    compile_model(model, experiment, task, experiment.training.optimizer)
    return model
