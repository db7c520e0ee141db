"""The base class of callbacks: they watch training and may steer it."""

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
    """Watches training and may steer it.

    It declares what it writes, so that two that would undo each other's work are refused: LEARNING_RATE, or a path in
    the run directory, such as "samples/epoch-*.png". Several may end training: it ends where the first one says so.
    """

    registry = Registry[type["Callback"]]("callback", "dlpy.callbacks")
    only_once: ClassVar[bool] = True
    sets: ClassVar[tuple[str, ...]] = ()  # what it gives values of its own: nothing else may set the same
    changes: ClassVar[tuple[str, ...]] = ()  # what it makes another value of than it finds, whoever set it

    def check(self, task: Task) -> None:
        """Raise ConfigError where there is nothing for it to do with such a task."""

    def monitors(self) -> str | None:
        """Return the score it watches, so that the check can tell whether there will be one of that name."""
        return None

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        """Return the hooks, or a keras.callbacks.Callback.

        Args:
            run: where files go.
            directions: "min" or "max", which way is better, for every score there will be.
        """
        raise self.lacks("build")


AnyCallback = Annotated[Callback, Slot(Callback.registry)]
