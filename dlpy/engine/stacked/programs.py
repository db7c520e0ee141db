"""The programs of this process: one for each structure and size, since compiling takes a second."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dlpy.engine.stacked.program import Program
from dlpy.engine.stacked.structure import parts_of, structure

if TYPE_CHECKING:
    import keras

_MOST = 16  # programs that are kept


def program_for(model: keras.Model, members: int, steps: int) -> Program:
    """Return the program for a number of members of a model's structure, and of steps in a block."""
    return _program(_Template(model), members, steps)


class _Template:
    """A model that is equal to others of its structure."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._structure: Hashable = structure(model)

    def __hash__(self) -> int:
        return hash(self._structure)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, _Template) and self._structure == other._structure


@lru_cache(maxsize=_MOST)
def _program(template: _Template, members: int, steps: int) -> Program:
    return Program(template.model, parts_of(template.model), members, steps)
