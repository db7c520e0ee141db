"""How many trials of a search are trained in one graph, and why some cannot be."""

from __future__ import annotations

import numpy as np

from dlpy.callbacks.checkpoint import Checkpoint
from dlpy.components.callback import LEARNING_RATE, Callback
from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import GenerativeModel
from dlpy.core.errors import ConfigError
from dlpy.data.features import Scaled
from dlpy.data.rows import Data, Rows
from dlpy.engine.stacked.group import group_size
from dlpy.engine.together import reason_apart
from dlpy.experiment.experiment import Experiment
from dlpy.training.callbacks import checkpoint_of
from dlpy.training.compile import compiled_model
from dlpy.training.fit import plan_of

_MOST_TRAININGS = 32  # two groups of 16: with more, a training took as long
_MOST_DEPENDENT = 16  # trials that are proposed, or pruned, without each other's results
_SHARE_DEPENDENT = 10  # and at most a tenth of all trials
_MOST_STEPS = 2_000_000  # of a group: some minutes
_LEAST_STEPS = 20_000  # of all trainings: compiling the graph takes longer than fewer steps


def trials_together(experiment: Experiment, data: Data, total: int | None) -> int:
    """Return `search.together`, or the number that `auto` stands for; it depends on options and sizes alone.

    Args:
        experiment: at the first point of the space.
        data: its rows as the model sees them, those of the first fold where trials are trained on folds.
        total: the number of trials; None if it depends on the time.

    Raises:
        ConfigError: the experiment asks for groups, and its network cannot be in one.
    """
    wanted = experiment.search.together
    if wanted == 1:
        return 1
    reason, parameters = _reason_apart(experiment, data)
    if wanted != "auto":
        if reason is not None:
            raise ConfigError(f"search.together: its trials cannot be trained in one graph: {reason}. Use auto.")
        return wanted
    options = experiment.search
    trainings = options.seeds * (experiment.kfold.folds * experiment.kfold.repeats if options.folds else 1)
    steps = None if total is None else _steps(experiment, data) * total * trainings
    if reason is not None or group_size(_MOST_TRAININGS, parameters) == 1 or (steps or _LEAST_STEPS) < _LEAST_STEPS:
        return 1
    most = max(2, min(_MOST_TRAININGS // trainings, _MOST_STEPS // (_steps(experiment, data) * trainings)))
    if options.sampler != "tpe" and options.pruner == "none":
        return most
    return max(2, min(most, _MOST_DEPENDENT, (total or _MOST_DEPENDENT) // _SHARE_DEPENDENT))


def _steps(experiment: Experiment, data: Data) -> int:
    """Return the number of steps of a training."""
    how, rows = experiment.training, len(data.train)
    return (how.steps_per_epoch or -(-rows // min(how.batch_size, rows))) * how.epochs


def _reason_apart(experiment: Experiment, data: Data) -> tuple[str | None, int]:
    """Return why the network of an experiment cannot be trained with others, or None; and its number of weights."""
    reason = reason_alone(experiment, data)
    if reason is not None:
        return reason, 0
    resolved = experiment.resolved(data.task, {})
    model = compiled_model(resolved, data.task, experiment.seed)
    return reason_apart(model, plan_of(resolved, data, model)), model.count_params()


def reason_alone(experiment: Experiment, data: Data) -> str | None:
    """Return which option or part of an experiment needs a training of its own, whatever its network is; else None."""
    how = experiment.training
    if isinstance(experiment.model, EstimatorModel | GenerativeModel):
        return f"model {experiment.model.name}"
    if data.validation is None or not (data.task.is_single and _are_arrays(data.train)):
        return "its rows are not a single array with a single target"
    if how.execution == "steps" or how.jit_compile is False or how.devices is not None:
        return "training.execution, training.jit_compile or training.devices"
    if checkpoint_of(experiment).best_every > 1:
        return "best_every of checkpoint"
    return next((f"callback {callback.name}" for callback in experiment.callbacks if _writes(callback)), None)


def _writes(callback: Callback) -> bool:
    """Return whether a callback writes files while a training goes on."""
    return not isinstance(callback, Checkpoint) and bool({*callback.sets, *callback.changes} - {LEARNING_RATE})


def _are_arrays(rows: Rows) -> bool:
    """Return whether rows are one array, whose rows can be taken for several members at once."""
    return len(rows.inputs) == 1 and isinstance(rows.x, np.ndarray | Scaled)
