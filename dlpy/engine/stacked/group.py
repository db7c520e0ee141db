"""Groups of members that are trained by one program: their state, and the numbers that differ between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlpy.engine.stacked.program import Numbers, Program, State
from dlpy.engine.stacked.structure import Parts, dropout_numbers

if TYPE_CHECKING:
    import keras

_STATE_BYTES = 1_500_000  # of weights and slots: more would not stay in a core's cache
_MOST = 16
_SPLIT = 4  # from this many members on there are two groups, for two cores; the machine's cores do not count

Row = list[np.ndarray]  # the state of one member: the arrays of `State` in order, without the axis of the members


@dataclass
class Group:
    """Members that are trained by one program; where there are fewer than it takes, the last places are padding.

    places: the member in each place, or None where it has ended or the place is padding.
    """

    places: list[int | None]
    state: State
    numbers: Numbers

    @property
    def members(self) -> list[tuple[int, int]]:
        """The members that are trained, each with its place."""
        return [(number, place) for place, number in enumerate(self.places) if number is not None]

    def rows(self) -> dict[int, Row]:
        """Return the state of each member that is trained."""
        import tensorflow as tf

        arrays = [np.asarray(array) for array in tf.nest.flatten(self.state)]
        return {number: [array[place].copy() for array in arrays] for number, place in self.members}


def group_size(members: int, weights: int) -> int:
    """Return the number of places in a group: about the same in all groups, and few enough to stay in a core's cache.

    Args:
        weights: the number of weights of a member.
    """
    most = max(1, min(_MOST, _STATE_BYTES // (12 * max(1, weights))))
    groups = max(-(-members // most), 2 if members >= _SPLIT else 1)
    return -(-members // groups)


def divided(numbers: Sequence[int], size: int) -> list[list[int | None]]:
    """Return the places of groups of this size for these members, in order."""
    groups = [list(numbers[start : start + size]) for start in range(0, len(numbers), size)]
    return [[*own, *[None] * (size - len(own))] for own in groups]


def group_of(places: list[int | None], rows: dict[int, Row], parts: Sequence[Parts], program: Program) -> Group:
    """Return a group.

    Args:
        places: the member in each place; empty places get a copy of another member's numbers.
        rows: the state of each member.
        parts: of each member's model.
    """
    any_member = next(number for number in places if number is not None)
    filled = [any_member if number is None else number for number in places]
    return Group(list(places), _stacked([rows[n] for n in filled], program), _numbers([parts[n] for n in filled]))


def first_row(model: keras.Model, parts: Parts, program: Program) -> Row:
    """Return the state of a model before its first step."""
    import tensorflow as tf

    weights, averages = ([v.numpy().reshape(-1) for v in group] for group in (parts.trainable, parts.averages))
    seeds = [layer.seed_generator.state.numpy() for layer in parts.dropout]
    state = State(weights, averages, program.updates.start(), np.array(seeds, np.int64).reshape(-1, 2))
    return tf.nest.flatten(state)


def put(model: keras.Model, parts: Parts, row: Row) -> None:
    """Give a model the weights of a state."""
    for variable, value in zip([*parts.trainable, *parts.averages], row, strict=False):
        variable.assign(value.reshape(variable.shape))


def _stacked(rows: list[Row], program: Program) -> State:
    import tensorflow as tf

    arrays = [tf.constant(np.stack(parts)) for parts in zip(*rows, strict=True)]
    return tf.nest.pack_sequence_as(program.like, arrays)


def _numbers(parts: list[Parts]) -> Numbers:
    """Return the numbers of the members in a group."""
    import tensorflow as tf

    dropout = np.stack([dropout_numbers(own) for own in parts], axis=1)  # (layers, members, 2)
    penalties = np.array([own.penalties for own in parts], np.float32).reshape(len(parts), -1, 2)
    decays = np.array([own.weight_decay for own in parts], np.float32)[:, None]
    numbers = Numbers(dropout[..., 0], dropout[..., 1], penalties[..., 0].T, penalties[..., 1].T, decays)
    return tf.nest.map_structure(tf.constant, numbers)
