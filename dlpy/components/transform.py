"""The base class of transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from dlpy.core.errors import ConfigError
from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.task import Output, State, Task
from dlpy.data.unfamiliar import Unfamiliar

if TYPE_CHECKING:
    import keras


class Transform(Component):
    """Transforms rows; it is fitted on training rows only."""

    registry = Registry[type["Transform"]]("transform", "dlpy.transforms")
    on_targets: ClassVar[bool] = False  # whether it changes targets only
    keeps_rows: ClassVar[bool] = False  # whether it leaves rows unchanged
    is_invertible: ClassVar[bool] = False  # whether it can transform numeric targets too; see `of_target`
    comes_first: ClassVar[bool] = False  # whether it must be the first transform of a target

    def outline(self, task: Task) -> Task:
        """Return the task after this transform.

        Raises:
            ConfigError: the transform does not fit such rows.
        """
        return task

    def measured(self, task: Task, state: State) -> Task:
        """Return the outlined task with what was learnt from the training rows."""
        return task

    def fit(self, rows: Rows, task: Task) -> State:
        """Return what `apply` needs from the training rows, as arrays that are stored with the run."""
        return {}

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        """Return the same as `fit`, of rows that are read from a file block after block.

        Raises:
            ConfigError: the transform needs all rows at once.
        """
        if type(self).fit is Transform.fit:
            return {}
        raise ConfigError(f"{self.name} needs all rows in memory, and data.memory allows less: remove one of them.")

    def apply(self, rows: Rows, state: State) -> Rows:
        """Return the transformed rows."""
        raise self.lacks("apply")

    def fit_apply(self, rows: Rows, task: Task) -> tuple[State, Rows]:
        """Return the results of `fit` and `apply`; override it if both share a costly computation."""
        state = self.fit(rows, task)
        return state, self.apply(rows, state)

    def lower_bound(self) -> float | None:
        """Return what all numbers must exceed, or None if any are taken; generated rows keep to it."""
        return None

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        """Return values in untransformed rows that occur in no training row, such as unknown categories."""
        return []

    def files(self, state: State) -> dict[str, str]:
        """Return readable results of `fit`: texts for the run directory, by file name."""
        return {}

    def layer(self, state: State) -> keras.layers.Layer | None:
        """Return a Keras layer that transforms a batch in the same way, or None."""
        return None

    def in_graph(self, numbers: Any, state: State) -> Any:
        """Return a batch of arrays, transformed in the same way by operations of Keras, or None where they cannot.

        Of a table, the batch holds its numeric columns, NaN in missing cells. A transform that adds columns which
        depend on categorical ones gives 0 there: what each category stands for is looked up apart.

        Args:
            numbers: (batch, ...) float32.
            state: what `fit` returned.
        """
        layer = self.layer(state)
        return None if layer is None else layer(numbers)

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        """Return what prepare.py beside an exported network does with the numeric columns of a table in its place:
        a step and its options, or nothing.

        Args:
            columns: the names of the numeric columns before.
            state: what `fit` returned.

        Raises:
            ConfigError: it can do nothing like this.
        """
        raise ConfigError(f"{self.name} of dates has no counterpart outside dlpy.")

    def of_target(self, output: Output, state: State) -> Output:
        """Return the output whose numbers were transformed, with what turns predictions back into its own unit.

        Define it, and set `is_invertible`, if the transform may be listed under `data.targets`: the targets are then
        its rows, an array (rows, units) with NaN where a target is missing.
        """
        raise ConfigError(f"{self.name} cannot transform a target.")


AnyTransform = Annotated[Transform, Slot(Transform.registry)]
