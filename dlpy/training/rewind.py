"""A training's files brought back to its last checkpoint."""

from __future__ import annotations

from dlpy.components.estimator import EstimatorModel
from dlpy.experiment.experiment import Experiment
from dlpy.runs.checkpoint_files import CheckpointState, rewind
from dlpy.runs.directory import Run, forget_outdated
from dlpy.storage.atomic import storage
from dlpy.training.estimators import start_again
from dlpy.training.reporter import Reporter


def rewound(run: Run, reporter: Reporter) -> CheckpointState | None:
    """Return the state of the last checkpoint, and cut metrics.csv back to it; None where training restarts.

    Raises:
        RunError: there are checkpoints, but all are damaged.
    """
    state, damages = rewind(run)
    for damage in damages:
        reporter.notice(f"{damage} The checkpoint before it takes its place.")
    if state is None:
        with storage(run.metrics):
            run.metrics.write_text("")
    return state


def begun(run: Run, experiment: Experiment, reporter: Reporter) -> CheckpointState | None:
    """Return the state of the last checkpoint, the files brought back to it; None where training starts.

    Classic models are always trained from the start.

    Raises:
        RunError: there are checkpoints, but all are damaged.
    """
    if not run.metrics.is_file():
        return None
    forget_outdated(run)
    if isinstance(experiment.model, EstimatorModel):
        start_again(run)
        return None
    return rewound(run, reporter)


def reached(state: CheckpointState | None) -> str:
    """Return the position of a checkpoint in words: whole epochs, and steps of the next."""
    if state is None:
        return "0"
    return f"{state.epoch}" + (f" and {state.step:,} steps" if state.step else "")
