"""One of several trainings of a run, in a folder of its own: a fold, a trial, or one of a trial's folds or seeds.

It is resumed from its last checkpoint, or starts again. Its checkpoints are removed once its results are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from dlpy.callbacks.checkpoint import CheckpointHooks
from dlpy.components.hooks import Hooks
from dlpy.data.rows import Data
from dlpy.engine.engine import Engine
from dlpy.experiment.experiment import Experiment
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import Run
from dlpy.runs.lock import ORPHAN_SECONDS, locked
from dlpy.storage import atomic
from dlpy.training.callbacks import built_callbacks
from dlpy.training.fit import Training, fit
from dlpy.training.record import save_splits
from dlpy.training.reporter import Reporter
from dlpy.training.rewind import reached, rewound
from dlpy.training.workshop import Workshop


@dataclass(frozen=True)
class Assignment:
    """A training in a folder: its experiment, with a seed of its own, and its rows as the model sees them.

    name: how messages call it, such as "fold 3". hooks: that come before the experiment's callbacks.
    """

    folder: Run
    name: str
    experiment: Experiment
    data: Data
    hooks: Mapping[str, Hooks] = field(default_factory=dict)


@contextmanager
def claimed(folder: Run) -> Iterator[None]:
    """Create a folder, and prevent other processes from training in it."""
    with atomic.storage(folder.path):
        folder.path.mkdir(parents=True, exist_ok=True)
    with locked(folder, ORPHAN_SECONDS):  # of a killed run, a process may still be ending
        yield


def begun(work: Assignment, reporter: Reporter) -> CheckpointState | None:
    """Return the state of the folder's last checkpoint, its files brought back to it; None where training starts."""
    return rewound(work.folder, reporter) if work.folder.metrics.is_file() else None


def train_in_folder(
    work: Assignment, shop: Workshop, keeper: CheckpointHooks, reporter: Reporter, state: CheckpointState | None
) -> Engine:
    """Train from the start or from a checkpoint's state, and return the engine with the model."""
    if state is not None:
        reporter.notice(f"{work.name}: resumed after epoch {reached(state)} of {work.experiment.training.epochs}")
    callbacks = built_callbacks(work.experiment, work.folder, work.data)
    listed = list(callbacks.values())
    engine = shop.engine(work.experiment, work.data, listed, reporter.notice, fresh=state is None)
    save_splits(work.folder, work.data)
    training = Training(work.folder, engine, work.experiment, work.data)
    fit(training, {**work.hooks, **callbacks}, keeper, reporter, state)
    return engine
