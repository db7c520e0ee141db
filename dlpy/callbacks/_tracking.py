"""What the callbacks of trackers share: a process that follows the run."""

from __future__ import annotations

from typing import Any

from dlpy.components.hooks import Hooks
from dlpy.runs.directory import Run
from dlpy.trackers.choice import Choice
from dlpy.trackers.process import Follower


class TrackingHooks(Hooks):
    """Starts a process that sends the run to a tracker, and shows the first error that it reports."""

    def __init__(self, run: Run, choice: Choice) -> None:
        self._run, self._choice = run, choice
        self._follower: Follower | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        reason = _reason_against(self._run)
        if reason is not None:
            self.tell(f"{self._choice.name}: {reason}")
        else:
            self._follower = Follower(self._run, self._choice)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if self._follower is not None:
            for line in self._follower.new_errors():
                self.tell(line)

    def state(self) -> dict[str, Any]:  # what was sent is recorded in the run
        return {}


def _reason_against(run: Run) -> str | None:
    """Return why a training is not followed, or None."""
    content = run.read("run.json")
    if not content:
        return "folds and trials are not followed; dlpy track sends the whole run when it is over"
    return "a smoke test is not sent" if content.get("smoke") else None
