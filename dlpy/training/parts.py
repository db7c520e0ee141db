"""The trainings of a run that holds several: what is kept of each, and how all of them are done.

Whoever asks for them writes what each leaves, a file last by which it is known to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from dlpy.components.estimator import EstimatorModel
from dlpy.components.hooks import Hooks
from dlpy.core.parsing import Scores, parse
from dlpy.core.processes import in_processes
from dlpy.engine.engine import Engine
from dlpy.engine.plan import Execution
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.runs.history import read_history
from dlpy.training.callbacks import checkpoint_of, directions
from dlpy.training.estimators import Estimator, fit_rounds
from dlpy.training.in_folder import Assignment, begun, train_in_folder
from dlpy.training.record import save_splits
from dlpy.training.reporter import Reporter
from dlpy.training.workshop import Workshop

Keep = Literal["best", "last"]


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


def fit_part(work: Assignment, shop: Workshop, reporter: Reporter, keep: Keep) -> Fitted:
    """Train in a folder, from its last checkpoint if there is one, and return the model after the best or last epoch.

    Raises:
        DivergedError, DataError: with the name of the training.
    """
    experiment, folder = work.experiment, work.folder
    if isinstance(experiment.model, EstimatorModel):
        save_splits(folder, work.data)
        ended = fit_rounds(folder.metrics, experiment, work.data, reporter)
        kept = ended.best if keep == "best" else ended.last
        return Fitted(Estimator(kept.fitted, experiment, work.data.task), kept.epoch, {**kept.scores})
    last, options = LastScores(), checkpoint_of(experiment)
    keeper = options.build(folder, directions(experiment, work.data)) if keep == "best" else options.for_fold(folder)
    work = replace(work, hooks={"last scores": last, **work.hooks})
    engine = train_in_folder(work, shop, keeper, reporter, begun(work, reporter))
    if keep == "last":
        history = read_history(folder.metrics)
        return Fitted(engine, 0 if history is None else len(history.epochs), last.scores)
    epoch = checkpoints.load_weights(engine.model, folder)
    return Fitted(engine, epoch, {**checkpoints.read_state(folder).scores})


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
