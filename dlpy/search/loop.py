"""The trials of a search, one after another or in several processes; the log alone decides what comes next.

Trials are trained in groups of T, those of a group in one graph if they can be, and W groups at a time. Trial k is
proposed, and pruned, by the trials before k - W T + 1 alone: these have ended when it starts, whichever of the others
is faster.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path

from dlpy.core.processes import processes
from dlpy.experiment.ranges import Point
from dlpy.experiment.search_options import Search
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial, append_trial, best_trial, read_trials
from dlpy.search.monitor import Monitored
from dlpy.search.reporter import Lines, Once, SearchReporter
from dlpy.search.samplers import Sampler
from dlpy.search.trainer import Task, Trainer

Running = Future[tuple[list[Trial], list[str]]]


@dataclass(frozen=True)
class Study:
    """What decides the trials of a search.

    together: the size of a group. total: the number of trials; None: until the time is over. before: seconds that the
    search has taken already.
    """

    run: Run
    options: Search
    sampler: Sampler
    monitored: Monitored
    together: int
    total: int | None
    before: float = 0.0

    @property
    def window(self) -> int:
        """The number of trials that may be trained at the same time."""
        return self.options.workers * self.together

    def group(self, number: int) -> range:
        """Return the numbers of the trials in a group, numbered from 0; empty after the last one."""
        first = number * self.together + 1
        end = first + self.together
        return range(first, end if self.total is None else min(end, self.total + 1))


class Trials:
    """The trials of a search that have ended, and those that come next."""

    def __init__(self, study: Study, reporter: SearchReporter, again: list[Trial]) -> None:
        self._study, self._reporter = study, reporter
        self._again = again
        numbers = {trial.number for trial in again}
        self._ended = {trial.number: trial for trial in read_trials(study.run) if trial.number not in numbers}
        self._began = time.monotonic() - study.before
        reporter.search_begins(len(self._ended), study.total)

    def begin(self) -> Iterator[list[Task] | None]:
        """Yield the groups of trials to train in order; None while the next one has to wait for others to end."""
        for trial in self._again:
            yield [self._task(trial.number, trial.point)]
        again = {trial.number for trial in self._again}
        for number in count():
            group = self._study.group(number)
            if not group:
                return
            if all(trial in self._ended or trial in again for trial in group):
                continue
            while len(self._before(group[-1])) < group[-1] - self._study.window:
                yield None
            if self.is_over():
                return
            yield [self._task(trial, self._study.sampler.propose(trial, self._before(trial))) for trial in group]

    def is_over(self) -> bool:
        """Return whether the time for new trials is over."""
        minutes = self._study.options.minutes
        return minutes is not None and time.monotonic() - self._began > 60 * minutes

    def end(self, trial: Trial) -> None:
        """Log a trial that has ended, unless it is there already: the rest of its group was not."""
        if trial.number in self._ended:
            return
        append_trial(self._study.run, trial)
        self._ended[trial.number] = trial
        self._reporter.trial_ended(trial, best_trial(list(self._ended.values()), self._study.monitored.direction))

    def _before(self, number: int) -> list[Trial]:
        """Return the trials that a trial depends on, by number."""
        last = number - self._study.window
        return [self._ended[earlier] for earlier in range(1, last + 1) if earlier in self._ended]

    def _task(self, number: int, point: Point) -> Task:
        return Task(number, point, self._before(number) if self._study.options.pruner != "none" else [])


def run_trials(study: Study, trainer: Trainer, reporter: SearchReporter, again: list[Trial]) -> None:
    """Train the trials that are not in the log, and log them.

    Args:
        study: what decides the trials.
        trainer: of this process.
        reporter: shows the trials.
        again: failed trials to train again.
    """
    trials = Trials(study, reporter, again)
    if study.options.workers > 1:
        _in_processes(study, trials, reporter)
        return
    once = Once(reporter)
    for group in trials.begin():
        for trial in trainer.train_all(group or [], once):
            trials.end(trial)


def _in_processes(study: Study, trials: Trials, reporter: SearchReporter) -> None:
    """Train trials in separate processes, which read all they need from the search's directory."""
    once, running = Once(reporter), set[Running]()
    with processes(study.options.workers, "--workers") as submit:
        for group in trials.begin():
            while running and (group is None or len(running) == study.options.workers):
                running = _ended(running, trials, once)
                if group is None:
                    break
            if group is not None:
                running.add(submit(_train_in_process, str(study.run.path), study.monitored, group))
        while running:
            running = _ended(running, trials, once)


def _ended(running: set[Running], trials: Trials, once: Once) -> set[Running]:
    """Wait until a group ends, log its trials, and return the groups that still run."""
    done, left = wait(running, return_when=FIRST_COMPLETED)
    for ended, lines in sorted((future.result() for future in done), key=lambda found: found[0][0].number):
        for trial in ended:
            trials.end(trial)
        for line in lines:
            once.notice(line)
    return left


def _train_in_process(run_path: str, monitored: Monitored, group: list[Task]) -> tuple[list[Trial], list[str]]:
    """Train a group of trials, and return them with the lines to show."""
    lines = Lines()
    return _trainer_again(run_path, monitored).train_all(group, lines), lines.lines


@lru_cache(maxsize=1)
def _trainer_again(run_path: str, monitored: Monitored) -> Trainer:
    return Trainer(Run(Path(run_path)), monitored)
