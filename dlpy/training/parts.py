"""The trainings of a run that holds several (folds, seeds): in this process, in several, or on a cluster.

Whoever asks for them writes what each leaves, a file last by which it is known to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dlpy.cluster.pool import tasks_of
from dlpy.runs.directory import Run
from dlpy.training.reporter import Reporter


@dataclass(frozen=True)
class Trainings:
    """How the trainings of a run are done, by number.

    here: trains one in this process. apart: a function of a module, given the path of the run and the number, that
    trains one in another process and returns the lines to show. ended: called when one is complete. folder: of one.
    """

    here: Callable[[int, Reporter], None]
    apart: Callable[[str, int], list[str]]
    ended: Callable[[int], None]
    folder: Callable[[int], Run]


def train_parts(run: Run, left: Sequence[int], jobs: int, trainings: Trainings, reporter: Reporter) -> None:
    """Do the trainings that are left: one after another in this process, or `jobs` at a time elsewhere."""
    if not left:
        return
    if jobs == 1 and run.record().place.is_local:
        for number in left:
            trainings.here(number, reporter)
            trainings.ended(number)
        return
    told: set[str] = set()
    with tasks_of(run, min(jobs, len(left)), "--jobs", reporter) as submit:
        pending = {submit(trainings.apart, (number,), [_name(run, trainings, number)]): number for number in left}
        for future in pending:
            lines = future.result()
            for line in lines:
                if line not in told:  # each process reports what is true of all trainings
                    reporter.notice(line)
            told.update(lines)
            trainings.ended(pending[future])


def _name(run: Run, trainings: Trainings, number: int) -> str:
    """Return the path of the folder of a training, relative to the run."""
    return trainings.folder(number).path.relative_to(run.path).as_posix()


class Notices(Reporter):
    """Keeps lines until another process shows them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def notice(self, text: str) -> None:
        self.lines.append(text)
