"""How training goes through the rows: the plan, and the order of the rows in each epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.data.images.augmentation import Augmentation

if TYPE_CHECKING:
    import keras

# is told how many steps of the epoch are done, the scores so far, and these as numbers if a hook wants every step's
Pause = Callable[[int, Mapping[str, Any], dict[str, float] | None], None]

_POOL = 50  # batches among which rows are sorted by length


@dataclass(frozen=True)
class Stage:
    """Some epochs of training, at most so many.

    enter: is done to the model first, leaves it compiled anew, and returns what a person should know of the stage.
    """

    epochs: int
    enter: Callable[[keras.Model], str]


@dataclass(frozen=True)
class Position:
    """Where training goes on that was interrupted.

    restore: puts into the model, whose optimizer has its variables, and into the hooks what was kept of them.
    """

    epochs: int  # that are done
    step: int  # that the next of them goes on with
    restore: Callable[[keras.Model], None]
    stage: int = 1  # that the last of them was in
    first: int = 0  # the epoch, from 0, with which that stage began
    stopped: bool = False  # a hook ended the stage with it


@dataclass(frozen=True)
class Plan:
    """How training goes through the rows."""

    batch_size: int
    epochs: int
    seed: int
    sample_weight: np.ndarray | None = None  # (training rows,) float32
    steps_per_epoch: int | None = None  # all rows unless given
    augmentation: Augmentation | None = None
    stages: tuple[Stage, ...] = ()  # phases, where there are any: their epochs are those of the whole training
    position: Position | None = None  # the beginning unless given
    pause: int | None = None  # steps: training comes out of its graph at every multiple of these, to be kept there


def order(seed: int, epoch: int, rows: int, drawn: int | None = None) -> np.ndarray:
    """Return which rows an epoch takes, in order: (drawn,) int32, a pure function of its arguments.

    Every row comes once, unless fewer or more are to be drawn.
    """
    rng, drawn = np.random.default_rng([seed, epoch]), drawn or rows
    times = -(-drawn // rows)
    return np.concatenate([rng.permutation(rows) for _ in range(times)])[:drawn].astype(np.int32)


def by_length(order: np.ndarray, lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> np.ndarray:
    """Return the same rows in an order in which those of a batch are of about one length.

    Rows are sorted by length among those of _POOL batches that follow each other, then the batches are shuffled.
    """
    full = len(order) // batch_size * batch_size
    pools = [order[start : min(start + _POOL * batch_size, full)] for start in range(0, full, _POOL * batch_size)]
    batches = np.concatenate([order[:0], *(pool[np.argsort(lengths[pool], kind="stable")] for pool in pools)])
    shuffled = np.random.default_rng([seed, epoch, 1]).permutation(full // batch_size)
    return np.concatenate([batches.reshape(-1, batch_size)[shuffled].reshape(-1), order[full:]])
