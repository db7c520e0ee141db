"""The trainings of a run that holds several (folds, seeds): one after another in this process, or in several processes.

Whoever asks for them writes what each leaves, a file last by which it is known to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dlpy.core.processes import in_processes
from dlpy.runs.directory import Run
from dlpy.training.reporter import Reporter


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
