"""Shows progress to the user while a model trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlpy.components.hooks import Hooks
from dlpy.data.rows import Data, Loaded
from dlpy.experiment.experiment import Experiment


class Reporter(Hooks):
    """Shows progress; this one is silent. The command line has one for terminals and one for pipes."""

    def data_ready(self, loaded: Loaded, data: Data, experiment: Experiment) -> None:
        """The rows are loaded and checked."""

    def part_begins(self, what: str, number: int, total: int) -> None:
        """One of the trainings of a run starts; `what` is a fold, a seed or a trial."""

    def part_ended(self, what: str, number: int, total: int, scores: Mapping[str, float | None]) -> None:
        """One of the trainings of a run is complete."""

    def tasks_progress(self, text: str) -> None:
        """The trainings on a cluster have come further; called every few seconds from another thread."""

    def notice(self, text: str) -> None:
        """Show a line."""

    def notices(self, lines: Sequence[str]) -> None:
        """Show several lines."""
        for line in lines:
            self.notice(line)


def let_tell(hooks: Sequence[object]) -> None:
    """Show the lines of every hook through the reporters among the hooks."""
    reporters = [hook for hook in hooks if isinstance(hook, Reporter)]

    def tell(text: str) -> None:
        for reporter in reporters:
            reporter.notice(text)

    for hook in hooks:
        if isinstance(hook, Hooks):
            hook.set_teller(tell)
