"""The trials of a search, one after another or in several processes; the log alone decides what comes next.

Trial k is proposed, and pruned, by the trials before k - W + 1 alone, where W is the number of workers: these have
ended when it starts, whichever of the others is faster.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import lru_cache
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


@dataclass(frozen=True)
class Study:
    """What decides the trials of a search.

    total: the number of trials; None: until the time is over. before: seconds that the search has taken already.
    """

    run: Run
    options: Search
    sampler: Sampler
    monitored: Monitored
    total: int | None
    before: float = 0.0


class Trials:
    """The trials of a search that have ended, and those that come next."""

    def __init__(self, study: Study, reporter: SearchReporter, again: list[Trial]) -> None:
        self._study, self._reporter = study, reporter
        self._begun: set[int] = set()  # in this process
        self._again = again
        numbers = {trial.number for trial in again}
        self._ended = {trial.number: trial for trial in read_trials(study.run) if trial.number not in numbers}
        self._began = time.monotonic() - study.before
        reporter.search_begins(len(self._ended), study.total)

    def begin(self) -> Iterator[Task | None]:
        """Yield the trials to train in order; None while the next one has to wait for others to end."""
        for trial in self._again:
            yield self._task(trial.number, trial.point)
        number = 1
        while (self._study.total is None or number <= self._study.total) and not self.is_over():
            if number in self._ended or number in self._begun:
                number += 1
            elif len(self._before(number)) == max(0, number - self._study.options.workers):
                yield self._task(number, self._study.sampler.propose(number, self._before(number)))
            else:
                yield None

    def is_over(self) -> bool:
        """Return whether the time for new trials is over."""
        minutes = self._study.options.minutes
        return minutes is not None and time.monotonic() - self._began > 60 * minutes

    def end(self, trial: Trial) -> None:
        """Log a trial that has ended."""
        append_trial(self._study.run, trial)
        self._ended[trial.number] = trial
        self._reporter.trial_ended(trial, best_trial(list(self._ended.values()), self._study.monitored.direction))

    def _before(self, number: int) -> list[Trial]:
        """Return the trials that a trial depends on, by number."""
        last = number - self._study.options.workers
        return [self._ended[earlier] for earlier in range(1, last + 1) if earlier in self._ended]

    def _task(self, number: int, point: Point) -> Task:
        self._begun.add(number)
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
    for task in trials.begin():
        if task is not None:
            trials.end(trainer.train(task, once))


def _in_processes(study: Study, trials: Trials, reporter: SearchReporter) -> None:
    """Train trials in separate processes, which read all they need from the search's directory."""
    once, running = Once(reporter), set[Future[tuple[Trial, list[str]]]]()
    with processes(study.options.workers, "--workers") as submit:
        for task in trials.begin():
            while running and (task is None or len(running) == study.options.workers):
                running = _ended(running, trials, once)
                if task is None:
                    break
            if task is not None:
                running.add(submit(_train_in_process, str(study.run.path), study.monitored, task))
        while running:
            running = _ended(running, trials, once)


def _ended(
    running: set[Future[tuple[Trial, list[str]]]], trials: Trials, once: Once
) -> set[Future[tuple[Trial, list[str]]]]:
    """Wait until a trial ends, log it, and return those that still run."""
    done, left = wait(running, return_when=FIRST_COMPLETED)
    for trial, lines in sorted((future.result() for future in done), key=lambda found: found[0].number):
        trials.end(trial)
        for line in lines:
            once.notice(line)
    return left


def _train_in_process(run_path: str, monitored: Monitored, task: Task) -> tuple[Trial, list[str]]:
    """Train a trial and return it with the lines to show."""
    lines = Lines()
    return _trainer_again(run_path, monitored).train(task, lines), lines.lines


@lru_cache(maxsize=1)
def _trainer_again(run_path: str, monitored: Monitored) -> Trainer:
    return Trainer(Run(Path(run_path)), monitored)
