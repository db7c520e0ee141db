"""The base class of callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from dlpy.components.hooks import Hooks
from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.task import Task

if TYPE_CHECKING:
    from dlpy.runs.directory import Run


LEARNING_RATE = "the learning rate"


class Callback(Component):
    """Observes training and may change it.

    A callback declares what it writes, so that dlpy can refuse two that overwrite each other: LEARNING_RATE, or a path
    in the run directory, such as "samples/epoch-*.png". Training, or its phase, stops as soon as one callback stops it.
    """

    registry = Registry[type["Callback"]]("callback", "dlpy.callbacks")
    only_once: ClassVar[bool] = True
    sets: ClassVar[tuple[str, ...]] = ()  # what it sets; nothing else may set the same
    changes: ClassVar[tuple[str, ...]] = ()  # what it modifies, whoever set it
    sends_runs: ClassVar[bool] = False  # elsewhere; of several processes that train together, the first one does

    def check(self, task: Task) -> None:
        """Raise ConfigError if the callback does not fit the task."""

    def monitors(self) -> str | None:
        """Return the name of the monitored score, or None; `dlpy check` reports unknown names."""
        return None

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        """Return the hooks, or a keras.callbacks.Callback.

        Args:
            run: the run directory, for files.
            directions: for every score that training logs, whether smaller ("min") or larger ("max") is better.
        """
        raise self.lacks("build")


AnyCallback = Annotated[Callback, Slot(Callback.registry)]
