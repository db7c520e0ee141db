"""How training goes through an epoch: what there is to choose from, and how `auto` chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dlpy.core.errors import ConfigError

if TYPE_CHECKING:
    import keras


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
