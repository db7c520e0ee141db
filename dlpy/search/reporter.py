"""Shows the progress of a search."""

from __future__ import annotations

from dlpy.runs.trials import Trial
from dlpy.training.reporter import Reporter


class SearchReporter(Reporter):
    """Shows trials; this one is silent. The command line has one for terminals and one for pipes."""

    def search_begins(self, done: int, total: int | None) -> None:
        """Trials start, after `done` of `total` (None: until the time is over) that an earlier process trained."""

    def trial_ended(self, trial: Trial, best: Trial | None) -> None:
        """A trial has ended; `best` is the best so far."""


class Once(Reporter):
    """Shows the lines of many trainings, each line once, and none of their epochs."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._told: set[str] = set()

    def notice(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._reporter.notice(text)


class Lines(Reporter):
    """Keeps lines until another process shows them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def notice(self, text: str) -> None:
        self.lines.append(text)
