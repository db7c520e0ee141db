"""How training goes through the rows: the plan, and the order of the rows in each epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.augmentation import Augmentation

if TYPE_CHECKING:
    import keras

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


Mode = Literal["epoch", "steps"]


_COMPILABLE = {"InputLayer", "Dense", "BatchNormalization", "Activation", "Reshape", "Flatten"}


_RECURRENT = {"SimpleRNN", "LSTM", "GRU"}


_COMPILING_SECONDS = 1.0


_COMPILING_RECURRENT_SECONDS = 4.0


_SECONDS_A_TIME = 1e-4  # what XLA saves for each time of a sequence


_ON_BATCHES = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


@dataclass(frozen=True)
class Execution:
    """How training goes through an epoch.

    mode: "epoch" runs many batches in one call of a graph, over rows that stay in memory; "steps" is what Keras' `fit`
        does: a tf.data pipeline hands over batch after batch, and callbacks may act on every one of them.
    jit_compile: whether XLA compiles the steps.
    """

    mode: Mode = "epoch"
    jit_compile: bool = False


def choose(
    mode: Mode | Literal["auto"],
    jit_compile: bool | Literal["auto"],
    model: keras.Model,
    job: tuple[int, int],
    hooks: Sequence[object],
) -> Execution:
    """Return how to train: what was asked for, and the faster way where that is `auto`.

    The whole epoch in a graph has been at least as fast as steps with every family (see tests/benchmarks), so steps
    are for callbacks that act on every batch. The choice depends on sizes alone, so that a run repeated goes the same
    way.

    Args:
        mode: what the experiment says.
        jit_compile: what the experiment says.
        model: the compiled model.
        job: how many steps there will be in all, and the rows of each.
        hooks: what watches training.

    Raises:
        ConfigError: what was asked for cannot be done.
    """
    busy = [hook for hook in hooks if acts_on_batches(hook)]
    if mode == "epoch" and busy:
        name = type(busy[0]).__name__
        raise ConfigError(f"training.execution: {name} acts on every batch, which 'epoch' does not stop at: use steps.")
    chosen: Mode = ("steps" if busy else "epoch") if mode == "auto" else mode
    if jit_compile is True and not model.supports_jit:
        raise ConfigError("training.jit_compile: XLA cannot compile one of this model's layers: leave it at auto.")
    compiled = chosen == "epoch" and jit_pays(model, *job) if jit_compile == "auto" else jit_compile
    return Execution(chosen, compiled)


def acts_on_batches(hook: object) -> bool:
    """Return whether it is a Keras callback with something to do at every batch of training."""
    import keras

    base = keras.callbacks.Callback
    return isinstance(hook, base) and any(getattr(type(hook), name) is not getattr(base, name) for name in _ON_BATCHES)


def jit_pays(model: keras.Model, steps: int, batch_size: int) -> bool:
    """Return whether XLA saves more time over so many training steps than it takes to compile them.

    Networks of plain dense layers gain, and recurrent ones over series. Measured on two cores: a step of a tiny dense
    one takes 70 us without XLA and 10 us with it, one of 312 million operations (784-512-10, 128 rows) 3.6 ms and
    1.6 ms; compiling takes 1 s. A GRU of 32 units over 120 times takes 75 ms and 20 ms; compiling takes 4 s.
    Embeddings and convolutions lose. XLA draws other random numbers, so networks with dropout, which would gain too, go
    without: their numbers are those of `fit`.
    """
    layers = [getattr(layer, "forward_layer", layer) for layer in model.layers]  # of a bidirectional one
    if any(getattr(tensor, "sparse", False) for tensor in model.inputs) or not all(map(_gains, layers)):
        return False
    recurrent = [layer for layer in layers if type(layer).__name__ in _RECURRENT]
    if recurrent:
        times = model.inputs[0].shape[1] or 0
        return steps * times * _SECONDS_A_TIME > _COMPILING_RECURRENT_SECONDS
    operations = 6 * model.count_params() * batch_size
    return steps * (6e-5 + 6.4e-12 * operations) > _COMPILING_SECONDS


def _gains(layer: object) -> bool:
    drops = getattr(layer, "dropout", 0) or getattr(layer, "recurrent_dropout", 0)
    return type(layer).__name__ in _COMPILABLE | _RECURRENT and not drops
