"""The rows of several members: rows that members share are stored once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlpy.data.rows import Rows
from dlpy.engine.stacked.program import Batches, HeldOut

if TYPE_CHECKING:
    import tensorflow as tf

_HELD_OUT_BYTES = 16_000_000  # the rows scored at a time
_LEAST_HELD_OUT = 512


def numbers_of(rows: Rows) -> np.ndarray:
    """Return the only input as float32: (rows, *shape)."""
    return np.asarray(rows.array, np.float32)


class StackedRows:
    """The rows of all members one behind the other, as tensors.

    Args of an instance:
        rows: of each member.
        weights: of each member: (rows,) float32, or None where all its rows weigh 1.
    """

    def __init__(self, rows: Sequence[Rows], weights: Sequence[np.ndarray | None]) -> None:
        import tensorflow as tf

        places: dict[tuple[int, int], int] = {}
        kept: list[tuple[Rows, np.ndarray]] = []
        self._pieces: dict[tuple[tuple[int, int], ...], list[HeldOut]] = {}
        self.starts, behind = [], 0
        for own, weight in zip(rows, weights, strict=True):
            key = (id(own), id(weight))
            if key not in places:
                places[key] = behind
                behind += len(own)
                kept.append((own, np.ones(len(own), np.float32) if weight is None else weight))
            self.starts.append(places[key])
        x = np.concatenate([numbers_of(own) for own, _ in kept])
        self._x, self._row_bytes = tf.constant(x), x[:1].nbytes
        self._y = tf.constant(np.concatenate([_targets(own) for own, _ in kept]))
        self._weight = tf.constant(np.concatenate([weight for _, weight in kept]).astype(np.float32))

    def x(self, positions: np.ndarray) -> tf.Tensor:
        """Return inputs: (*positions, *shape)."""
        import tensorflow as tf

        return tf.gather(self._x, positions)

    def y(self, positions: np.ndarray) -> tf.Tensor:
        """Return targets: (*positions, units)."""
        import tensorflow as tf

        return tf.gather(self._y, positions)

    def pieces(self, places: Sequence[tuple[int, int]]) -> list[HeldOut]:
        """Return the rows from a start on, of each member, in pieces of a moderate size; the same ones for each call.

        Args:
            places: of each member, the position of its first row among all rows, and the number of its rows.
        """
        key = tuple(places)
        if key not in self._pieces:
            starts, counts = (np.array(part)[:, None] for part in zip(*places, strict=True))
            steps = np.arange(counts.max())
            inside = steps < counts
            positions = np.where(inside, starts + steps, 0).astype(np.int32)
            size = max(_LEAST_HELD_OUT, _HELD_OUT_BYTES // (self._row_bytes * len(places)))
            parts = [slice(start, start + size) for start in range(0, len(steps), size)]
            self._pieces[key] = [self._held_out(positions[:, part], inside[:, part]) for part in parts]
        return self._pieces[key]

    def _held_out(self, positions: np.ndarray, inside: np.ndarray) -> HeldOut:
        import tensorflow as tf

        return HeldOut(self.x(positions), self.y(positions), tf.constant(inside, tf.float32))

    def batches(self, positions: np.ndarray, rows: np.ndarray, learning_rate: np.ndarray) -> Batches:
        """Return the batches of a block.

        Args:
            positions: (steps, members, batch) int32, from the first of all rows; 0 for padding.
            rows: (steps, members, batch) float32, 0 for padding and otherwise 1.
            learning_rate: (steps, members) float32.
        """
        import tensorflow as tf

        weight = tf.gather(self._weight, positions) * rows
        return Batches(self.x(positions), self.y(positions), weight, tf.constant(rows), tf.constant(learning_rate))


def _targets(rows: Rows) -> np.ndarray:
    return rows.y if rows.y.ndim > 1 else rows.y[:, None]


def laid_out(order: np.ndarray, start: int, steps: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of an epoch's rows by step, and which of them are no padding: (steps, batch) each.

    Args:
        order: (drawn,) int32, positions among the member's rows.
        start: the position of the member's first row among all rows.
        steps: at least as many as the order fills.
    """
    positions = np.zeros(steps * batch, np.int32)
    rows = np.zeros(steps * batch, np.float32)
    positions[: len(order)] = order + start
    rows[: len(order)] = 1
    return positions.reshape(steps, batch), rows.reshape(steps, batch)
