"""Shows the progress of a search."""

from __future__ import annotations

from dlpy.runs.trials import Trial
from dlpy.training.reporter import Reporter


class SearchReporter(Reporter):
    """Shows trials; this one is silent. The command line has one for terminals and one for pipes."""

    def search_begins(self, done: int, total: int | None) -> None:
        """Trials start, after `done` of `total` (None: until the time is over) that an earlier process trained."""

    def epoch_begins(self, epoch: int, epochs: int) -> None:
        """The trials that are trained in this process begin an epoch, numbered from 1."""

    def trial_ended(self, trial: Trial, best: Trial | None) -> None:
        """A trial has ended; `best` is the best so far."""


class Once(Reporter):
    """Shows the lines of many trainings, each line once, and of their epochs only where they are."""

    def __init__(self, reporter: SearchReporter) -> None:
        self._reporter = reporter
        self._told: set[str] = set()
        self._epochs = 0

    def set_params(self, params: dict[str, int]) -> None:
        self._epochs = params["epochs"]

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._reporter.epoch_begins(epoch + 1, self._epochs)

    def tasks_progress(self, text: str) -> None:
        self._reporter.tasks_progress(text)

    def notice(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._reporter.notice(text)
