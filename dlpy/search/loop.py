"""The trials of a search, one after another or in several processes; the log alone decides what comes next.

Trial k is proposed, and pruned, by the trials before k - W + 1 alone, where W is the number of workers times that of
trials in one graph: these have ended when it starts, whichever of the others is faster.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dlpy.cluster.pool import tasks_of
from dlpy.experiment.ranges import Point
from dlpy.experiment.search_options import Search
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial, append_trial, best_trial, read_trials
from dlpy.search.directory import trial_folder
from dlpy.search.group_trainer import GroupTrainer
from dlpy.search.grouping import grouped
from dlpy.search.monitor import Monitored
from dlpy.search.reporter import Once, SearchReporter
from dlpy.search.samplers import Sampler
from dlpy.search.trainer import Task, Trainer
from dlpy.training.parts import Notices


@dataclass(frozen=True)
class Study:
    """What decides the trials of a search.

    total: the number of trials; None: until the time is over. before: seconds that the search has taken already.
    together: the number of trials that are trained in one graph.
    """

    run: Run
    options: Search
    sampler: Sampler
    monitored: Monitored
    total: int | None
    before: float = 0.0
    together: int = 1

    @property
    def delay(self) -> int:
        """The number of trials before each, itself included, on whose results it does not depend."""
        return self.options.workers * self.together

    @property
    def is_independent(self) -> bool:
        """Whether no trial depends on the results of others."""
        return not self.sampler.depends_on_results and self.options.pruner == "none"


class Trials:
    """The trials of a search that have ended, and those that come next."""

    def __init__(self, study: Study, trainer: Trainer, reporter: SearchReporter, again: list[Trial]) -> None:
        self._study, self._trainer, self._reporter = study, trainer, reporter
        self._again = {trial.number: trial for trial in again}
        logged = {trial.number: trial for trial in read_trials(study.run)}
        self._points = {number: trial.point for number, trial in logged.items()}
        self._ended = {number: trial for number, trial in logged.items() if number not in self._again}
        self._began = time.monotonic() - study.before
        reporter.search_begins(len(self._ended), study.total)

    def begin(self) -> Iterator[list[Task] | None]:
        """Yield the trials to train together, in order; None while the next ones have to wait for others to end.

        A group of which some trials are in the log is trained again as a whole, so that it gives the same.
        """
        for numbers in self._streamed() if self._study.is_independent else self._in_waves():
            if numbers is None:
                yield None
                continue
            if self.is_over() and not self._again:
                return
            is_open = any(number not in self._ended for number in numbers)
            if is_open and (not self.is_over() or self._again.keys() & {*numbers}):
                yield [self._task(number) for number in numbers]

    def _streamed(self) -> Iterator[list[int]]:
        """Yield groups of trials, none of which depends on another."""
        return grouped(self._numbers(1), self._kind, self._study.together)

    def _in_waves(self) -> Iterator[list[int] | None]:
        """Yield groups of trials that are proposed by the same earlier ones; None while these have not ended."""
        size = self._study.together
        for first in self._numbers(1, size):
            while any(number not in self._ended for number in range(1, first + size - self._study.delay)):
                if self.is_over():
                    return
                yield None
            wave = itertools.islice(self._numbers(first), size)
            yield from grouped(wave, self._kind, size)

    def _numbers(self, first: int, step: int = 1) -> Iterator[int]:
        total = self._study.total
        return itertools.count(first, step) if total is None else iter(range(first, total + 1, step))

    def _kind(self, number: int) -> str | None:
        return None if self._study.together == 1 else self._trainer.kind(self._point(number))

    def is_over(self) -> bool:
        """Return whether the time for new trials is over."""
        minutes = self._study.options.minutes
        return minutes is not None and time.monotonic() - self._began > 60 * minutes

    def end(self, trial: Trial) -> None:
        """Log a trial that has ended, unless it is in the log."""
        if trial.number in self._ended:
            return
        append_trial(self._study.run, trial)
        self._ended[trial.number] = trial
        self._reporter.trial_ended(trial, best_trial(list(self._ended.values()), self._study.monitored.direction))

    def _before(self, number: int) -> list[Trial]:
        """Return the trials that a trial depends on, by number."""
        last = number - self._study.delay
        return [self._ended[earlier] for earlier in range(1, last + 1) if earlier in self._ended]

    def _point(self, number: int) -> Point:
        if number not in self._points:
            before = [] if self._study.is_independent else self._before(number)
            taken = [self._points[earlier] for earlier in range(1, number) if earlier in self._points]
            self._points[number] = self._study.sampler.propose(number, before, taken)
        return self._points[number]

    def _task(self, number: int) -> Task:
        self._again.pop(number, None)
        return Task(number, self._point(number), self._before(number) if self._study.options.pruner != "none" else [])


def run_trials(study: Study, trainer: Trainer, reporter: SearchReporter, again: list[Trial]) -> None:
    """Train the trials that are not in the log, and log them.

    Args:
        study: what decides the trials.
        trainer: of this process.
        reporter: shows the trials.
        again: failed trials to train again.
    """
    trials = Trials(study, trainer, reporter, again)
    if study.options.workers > 1 or not study.run.record().place.is_local:
        _in_processes(study, trials, reporter)
        return
    once, groups = Once(reporter), GroupTrainer(trainer, study.together)
    for tasks in trials.begin():
        for trial in groups.train(tasks or [], once):
            trials.end(trial)


def _in_processes(study: Study, trials: Trials, reporter: SearchReporter) -> None:
    """Train trials in separate processes or on a cluster; all they need is in the search's directory."""
    once, running = Once(reporter), set[Future[tuple[list[Trial], list[str]]]]()
    with tasks_of(study.run, study.options.workers, "--workers", once) as submit:
        for tasks in trials.begin():
            while running and (tasks is None or len(running) == study.options.workers):
                running = _ended(running, trials, once)
                if tasks is None:
                    break
            if tasks is not None:
                folders = [trial_folder(study.run, task.number).path for task in tasks]
                names = [folder.relative_to(study.run.path).as_posix() for folder in folders]
                running.add(submit(_train_in_process, (study.monitored, study.together, tasks), names))
        while running:
            running = _ended(running, trials, once)


def _ended(
    running: set[Future[tuple[list[Trial], list[str]]]], trials: Trials, once: Once
) -> set[Future[tuple[list[Trial], list[str]]]]:
    """Wait until a group of trials ends, log it, and return those that still run."""
    done, left = wait(running, return_when=FIRST_COMPLETED)
    for group, lines in sorted((future.result() for future in done), key=lambda found: found[0][0].number):
        for trial in group:
            trials.end(trial)
        for line in lines:
            once.notice(line)
    return left


def _train_in_process(
    run_path: str, monitored: Monitored, together: int, tasks: list[Task]
) -> tuple[list[Trial], list[str]]:
    """Train a group of trials and return them with the lines to show."""
    lines = Notices()
    return _trainer_again(run_path, monitored, together).train(tasks, lines), lines.lines


@lru_cache(maxsize=1)
def _trainer_again(run_path: str, monitored: Monitored, together: int) -> GroupTrainer:
    return GroupTrainer(Trainer(Run(Path(run_path)), monitored), together)
