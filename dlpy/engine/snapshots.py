"""Copies of the state of a model in training, held in memory until they are written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.engine.model_state import finish_normalization, metrics, read, variables
from dlpy.engine.step_hooks import diverged

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Snapshot:
    """The state after an epoch (numbered from 1), or after some steps of the next one.

    logs: scores by name. callbacks: states by name. arrays: by file and variable.
    """

    epoch: int  # the last complete one
    logs: dict[str, float]
    callbacks: dict[str, dict[str, Any]]
    stopped: bool = False  # a callback ended training, or its phase, after this epoch
    best: int | None = None  # the best epoch so far
    phase: int | None = None  # of training in phases, from 1
    phase_began: int | None = None  # the phase's first epoch, from 1
    step: int = 0  # steps of the next epoch that are done
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
    """Return a snapshot with copies of a model's variables; within an epoch also of its metrics.

    Args:
        of: the model.
        state: the snapshot without arrays.
        instead_of: a snapshot of this model that is no longer read: its arrays are overwritten, all or none. New memory
            takes several times as long.

    Raises:
        DivergedError: a weight is NaN or infinite.
    """
    groups = variables(of) | ({"metrics": metrics(of)} if state.step else {})
    if not all(np.isfinite(_seen(weight)).all() for weight in groups["weights"]):
        place = f"epoch {state.epoch + 1}, by step {state.step}" if state.step else f"epoch {state.epoch}"
        raise diverged(f"a weight became NaN or infinite in {place}", of)
    room = {} if instead_of is None else instead_of.arrays
    return replace(state, arrays={name: _copies(group, room.get(name, {})) for name, group in groups.items()})


def put_back(model: keras.Model, state: Snapshot) -> None:
    """Give a model the weights of a snapshot."""
    for position, weight in enumerate(model.weights):
        weight.assign(state.arrays["weights"][key_of(position, weight)])
    finish_normalization(model.layers)


def key_of(position: int, variable: Any) -> str:
    """Return a variable's key in its group. It is not its path, since Keras keeps counting layers in a process."""
    return f"{position:04d} {variable.name}"


def _copies(group: list[Any], room: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values of variables by key, in the existing arrays where they fit."""
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
    """Return a view of a variable's value; it must not be kept, since the next step overwrites it."""
    return np.asarray(memoryview(read(variable)))
