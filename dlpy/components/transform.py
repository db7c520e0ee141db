"""The base class of transforms: they turn rows into other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.data.unfamiliar import Unfamiliar

if TYPE_CHECKING:
    import keras


class Transform(Component):
    """Turns rows into other rows; what it must learn, it learns from training rows."""

    registry = Registry[type["Transform"]]("transform", "dlpy.transforms")
    on_targets: ClassVar[bool] = False  # it changes targets only
    keeps_rows: ClassVar[bool] = False  # it only looks at rows

    def outline(self, task: Task) -> Task:
        """Return the task as it is after this transform.

        Raises:
            ConfigError: the transform does not fit such rows.
        """
        return task

    def measured(self, task: Task, state: State) -> Task:
        """Return the outlined task with what the training rows have told."""
        return task

    def fit(self, rows: Rows, task: Task) -> State:
        """Return what `apply` needs to know of the training rows and their task, as arrays (stored with the run)."""
        return {}

    def apply(self, rows: Rows, state: State) -> Rows:
        """Return the transformed rows."""
        raise self.lacks("apply")

    def fit_apply(self, rows: Rows, task: Task) -> tuple[State, Rows]:
        """Return what `fit` learns of the rows and what `apply` makes of them, where both take the same first step."""
        state = self.fit(rows, task)
        return state, self.apply(rows, state)

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        """Return what of the rows, as they are before `apply`, no training row held."""
        return []

    def files(self, state: State) -> dict[str, str]:
        """Return what it learnt that a person may want to read: texts for the run directory, by file name."""
        return {}

    def layer(self, state: State) -> keras.layers.Layer | None:
        """Return a Keras layer that does the same to a batch, or None where there is none."""
        return None


AnyTransform = Annotated[Transform, Slot(Transform.registry)]
