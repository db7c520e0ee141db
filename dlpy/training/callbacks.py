"""The callbacks of a training: built, named, and reported where they cannot be resumed."""

from __future__ import annotations

from collections.abc import Mapping

from dlpy.callbacks.checkpoint import Checkpoint
from dlpy.components.callback import LEARNING_RATE, Callback
from dlpy.components.hooks import Hooks, without_state
from dlpy.core import keras_backend
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Data
from dlpy.experiment.experiment import Experiment
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import Run
from dlpy.training.record import note_inexact
from dlpy.training.reporter import Reporter


def built_callbacks(experiment: Experiment, run: Run, data: Data) -> dict[str, Hooks]:
    """Return the hooks of the experiment's callbacks by name, without that of checkpoints.

    They are in the experiment's order, but those that change the learning rate come last: the others see the rate that
    the epoch had.
    """
    better = directions(experiment, data)
    listed = [callback for callback in experiment.callbacks if not isinstance(callback, Checkpoint)]
    listed.sort(key=lambda callback: LEARNING_RATE in (*callback.sets, *callback.changes))
    names = [callback.name for callback in listed]
    numbers = [names[:position].count(name) + 1 for position, name in enumerate(names)]
    keys = [name if number == 1 else f"{name} {number}" for name, number in zip(names, numbers, strict=True)]
    return {key: _hooks(callback, run, better) for key, callback in zip(keys, listed, strict=True)}


def without_senders(experiment: Experiment) -> Experiment:
    """Return the experiment without callbacks that send its run elsewhere."""
    kept = [callback for callback in experiment.callbacks if not callback.sends_runs]
    return experiment.model_copy(update={"callbacks": kept})


def _hooks(callback: Callback, run: Run, directions: dict[str, str]) -> Hooks:
    keras_backend.start()
    import keras

    hooks = callback.build(run, directions)
    if not isinstance(hooks, Hooks | keras.callbacks.Callback):
        wrong = f"its build() returned {type(hooks).__name__}, not Hooks or a keras.callbacks.Callback"
        raise ConfigError(f"callback '{callback.name}': {wrong}.")
    return hooks


def checkpoint_of(experiment: Experiment) -> Checkpoint:
    """Return the experiment's checkpoint callback; every run has one."""
    return next((item for item in experiment.callbacks if isinstance(item, Checkpoint)), Checkpoint())


def directions(experiment: Experiment, data: Data) -> dict[str, str]:
    """Return for each score of a training whether smaller or larger is better."""
    return experiment.directions(data.task, validation=data.validation is not None)


def report_stateless(
    run: Run, callbacks: Mapping[str, Hooks], reporter: Reporter, state: CheckpointState | None
) -> None:
    """Report the callbacks that keep no state: at the start, so that no user relies on it, and when it is missed.

    Args:
        state: of the checkpoint that the run is resumed from; None at its start.
    """
    if state is None:
        for name in without_state(callbacks):
            reporter.notice(f"callback {name} keeps no state: it would restart if this run is resumed")
        return
    lost = [name for name in callbacks if name not in (state.callbacks or {})]
    inexact = "it kept no state, so this run may differ from an uninterrupted one"
    lines = [f"callback {name} restarts: {inexact}" for name in lost]
    for line in lines:
        reporter.notice(line)
    note_inexact(run, lines)
