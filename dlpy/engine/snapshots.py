"""Copies of all that a model's training has changed so far, held in memory until they are written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.engine.model_state import metrics, variables
from dlpy.engine.step_hooks import diverged

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Snapshot:
    """The state after an epoch (numbered from 1), or after some steps of the next: arrays by file and path, scores."""

    epoch: int  # the last one that is over
    logs: dict[str, float]
    callbacks: dict[str, dict[str, Any]]
    stopped: bool = False  # a callback ended training, or its phase, with this epoch
    best: int | None = None  # the best epoch so far
    phase: int | None = None  # of training in phases, from 1
    phase_began: int | None = None  # with this epoch
    step: int = 0  # so many of the next epoch's are done
    arrays: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes on disk, at least."""
        return sum(array.nbytes for group in self.arrays.values() for array in group.values())

    @property
    def folder(self) -> str:
        """The name of its directory."""
        return f"epoch-{self.epoch:04d}" + (f"-step-{self.step:08d}" if self.step else "")


def with_copies(of: keras.Model, state: Snapshot, instead_of: Snapshot | None = None) -> Snapshot:
    """Return a snapshot with a copy of a model's state; within an epoch also of its metrics.

    Args:
        of: the model.
        state: all else that is known of this moment.
        instead_of: a snapshot of this model that nobody reads any more: its arrays are written over, all or none.
            Fresh memory takes several times as long.

    Raises:
        DivergedError: a weight is NaN or infinite.
    """
    groups = variables(of) | ({"metrics": metrics(of)} if state.step else {})
    if not all(np.isfinite(_seen(weight)).all() for weight in groups["weights"]):
        place = f"epoch {state.epoch + 1}, by step {state.step}" if state.step else f"epoch {state.epoch}"
        raise diverged(f"a weight became NaN or infinite in {place}", of)
    room = {} if instead_of is None else instead_of.arrays
    return replace(state, arrays={name: _copies(group, room.get(name, {})) for name, group in groups.items()})


def key_of(position: int, variable: Any) -> str:
    """Return what a variable is called among the others of its group: not its path, as layers are numbered on."""
    return f"{position:04d} {variable.name}"


def _copies(group: list[Any], room: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values of variables by key, in arrays that there are where they fit."""
    copies = {}
    for position, variable in enumerate(group):
        key, seen = key_of(position, variable), _seen(variable)
        copy = room.get(key)
        if copy is None or (copy.shape, copy.dtype) != (seen.shape, seen.dtype):  # of another phase's optimizer
            copy = np.empty_like(seen)
        np.copyto(copy, seen)
        copies[key] = copy
    return copies


def _seen(variable: Any) -> np.ndarray:
    """Return a variable's value where it lies; not to be kept: the next step would have to leave it there."""
    return np.asarray(memoryview(variable.value.read_value()))
