"""One of several trainings of a run (a fold, a seed, a trial) in a directory of its own, and all of them in turn.

A training that was killed continues from its last checkpoint, to the same bits. What it leaves is written by whoever
asked for it, a file last by which it is known to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from dlpy.components.estimator import EstimatorModel
from dlpy.components.hooks import Hooks
from dlpy.core.errors import DataError, DivergedError
from dlpy.core.parsing import Scores, parse
from dlpy.core.processes import in_processes
from dlpy.data.rows import Data
from dlpy.engine.engine import Engine
from dlpy.engine.plan import Execution
from dlpy.experiment.experiment import Experiment
from dlpy.runs import checkpoints
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import Run
from dlpy.runs.history import read_history
from dlpy.runs.lock import ORPHAN_SECONDS, locked
from dlpy.runs.outcome import last_finite
from dlpy.storage import atomic
from dlpy.training.callbacks import built_callbacks, checkpoint_of, directions
from dlpy.training.compile import penalty_line
from dlpy.training.estimators import Estimator, fit_rounds
from dlpy.training.record import save_splits
from dlpy.training.reporter import Reporter
from dlpy.training.rewind import reached, rewound
from dlpy.training.train import Training, fit
from dlpy.training.workshop import Workshop

Keep = Literal["best", "last"]


@dataclass(frozen=True)
class Part:
    """One of the trainings of a run.

    folder: its directory. name: such as "fold 3", for messages. experiment: with the seed of this training.
    """

    folder: Run
    name: str
    experiment: Experiment
    data: Data


@dataclass(frozen=True)
class Fitted:
    """What predicts with the model that is kept, the epoch after which it is kept, and the scores of that epoch."""

    predictor: Engine | Estimator
    epoch: int
    scores: dict[str, float | None]  # None where one is undefined

    @property
    def execution(self) -> Execution:
        """How the epochs were executed."""
        return Execution() if isinstance(self.predictor, Estimator) else self.predictor.execution


@contextmanager
def claimed(folder: Run) -> Iterator[None]:
    """Create the directory of a training if it is new, and keep other processes out of it."""
    with atomic.storage(folder.path):
        folder.path.mkdir(parents=True, exist_ok=True)
    with locked(folder, ORPHAN_SECONDS):  # of a killed run, a process may still be ending
        yield


def fit_part(part: Part, shop: Workshop, reporter: Reporter, keep: Keep) -> Fitted:
    """Train, from the last checkpoint if there is one, and return the model after the best or the last epoch.

    Raises:
        DivergedError, DataError: with the name of the training.
    """
    save_splits(part.folder, part.data)
    if isinstance(part.experiment.model, EstimatorModel):
        with _named(part):
            ended = fit_rounds(part.folder.metrics, part.experiment, part.data, reporter)
        kept = ended.best if keep == "best" else ended.last
        return Fitted(Estimator(kept.fitted, part.experiment, part.data.task), kept.epoch, {**kept.scores})
    return _fit_network(part, shop, reporter, keep)


def _fit_network(part: Part, shop: Workshop, reporter: Reporter, keep: Keep) -> Fitted:
    folder, experiment, data = part.folder, part.experiment, part.data
    state = _begun(part, reporter)
    callbacks = built_callbacks(experiment, folder, data)
    engine = shop.engine(experiment, data, list(callbacks.values()), reporter.notice, fresh=state is None)
    if shop.is_first and (line := penalty_line(engine.model)):
        reporter.notice(line)
    last, options = LastScores(), checkpoint_of(experiment)
    keeper = options.build(folder, directions(experiment, data)) if keep == "best" else options.for_fold(folder)
    with _named(part):
        fit(Training(folder, engine, experiment, data), {"last scores": last, **callbacks}, keeper, reporter, state)
    if keep == "last":
        history = read_history(folder.metrics)
        return Fitted(engine, 0 if history is None else len(history.epochs), last.scores)
    epoch = checkpoints.load_weights(engine.model, folder)
    return Fitted(engine, epoch, {**checkpoints.read_state(folder).scores})


def _begun(part: Part, reporter: Reporter) -> CheckpointState | None:
    """Return the state of the last checkpoint, the files brought back to it; None where training starts."""
    state = rewound(part.folder, reporter) if part.folder.metrics.is_file() else None
    if state is not None:
        reporter.notice(f"{part.name}: resumed after epoch {reached(state)} of {part.experiment.training.epochs}")
    return state


@contextmanager
def _named(part: Part) -> Iterator[None]:
    """Put the name of the training in front of its errors."""
    try:
        yield
    except DivergedError as error:
        kept = last_finite(part.folder, f"{part.folder.path.parent.name}/{part.folder.path.name}/")
        raise DivergedError(f"{part.name}: {str(error).rstrip('.')}{kept}.") from None
    except DataError as error:
        raise DataError(f"{part.name}: {error}") from None


class LastScores(Hooks):
    """Remembers the scores of the last epoch."""

    def __init__(self) -> None:
        self.scores: dict[str, float | None] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.scores = {**logs}

    def state(self) -> dict[str, Any]:
        return self.scores

    def restore(self, state: dict[str, Any]) -> None:
        self.scores = dict(parse(state, Scores, "scores"))


@dataclass(frozen=True)
class Trainings:
    """How the trainings of a run are done, by number.

    here: trains one in this process. apart: a function of a module, given the path of the run and the number, that
    trains one in another process and returns the lines to show. ended: called when one is complete.
    """

    here: Callable[[int, Reporter], None]
    apart: Callable[[str, int], list[str]]
    ended: Callable[[int], None]


def train_parts(run: Run, left: Sequence[int], jobs: int, trainings: Trainings, reporter: Reporter) -> None:
    """Do the trainings that are left, one after another in this process or `jobs` at once in processes."""
    if jobs == 1 or not left:
        for number in left:
            trainings.here(number, reporter)
            trainings.ended(number)
        return
    arguments = [(str(run.path), number) for number in left]
    told: set[str] = set()
    for number, lines in zip(left, in_processes(trainings.apart, arguments, min(jobs, len(left))), strict=True):
        for line in lines:
            if line not in told:  # each process reports what is true of all trainings
                reporter.notice(line)
        told.update(lines)
        trainings.ended(number)


class Notices(Reporter):
    """Keeps lines until another process shows them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def notice(self, text: str) -> None:
        self.lines.append(text)
