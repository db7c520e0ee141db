"""How a model is trained: the plan, the order of the rows in each epoch, and how an epoch is executed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.augmentation import Augmentation, Draws
from dlpy.data.rows import Rows
from dlpy.engine.precision import is_mixed
from dlpy.engine.replicas import Replicas

if TYPE_CHECKING:
    import keras

# receives the steps of the epoch that are done, the scores so far, and these as numbers where a hook acts on every step
Pause = Callable[[int, Mapping[str, Any], dict[str, float] | None], None]

_POOL = 50  # batches among which rows are sorted by length


@dataclass(frozen=True)
class Stage:
    """A number of epochs of training, at most.

    enter: changes and compiles the model for the stage, and returns a line that describes it to the user.
    """

    epochs: int
    enter: Callable[[keras.Model], str]


@dataclass(frozen=True)
class Position:
    """Where interrupted training resumes.

    restore: puts the saved state into the hooks and into the model, whose optimizer has its variables.
    """

    epochs: int  # that are done
    step: int  # of the next epoch, from which it resumes
    restore: Callable[[keras.Model], None]
    stage: int = 1  # of the last of the epochs
    first: int = 0  # the epoch, from 0, with which that stage began
    stopped: bool = False  # a hook ended the stage with it

    def first_step(self, epoch: int) -> int:
        """Return the step from which an epoch, numbered from 0, is trained."""
        return self.step if epoch == self.epochs else 0


@dataclass(frozen=True)
class Plan:
    """The order of the rows, the weights they have, and the epochs of a training."""

    batch_size: int
    epochs: int
    seed: int
    sample_weight: np.ndarray | dict[str, np.ndarray] | None = None  # (training rows,) float32, or by output
    steps_per_epoch: int | None = None  # all rows unless given
    augmentation: Mapping[str, Augmentation] = field(default_factory=dict)  # by input
    stages: tuple[Stage, ...] = ()  # phases, where there are any: their epochs are those of the whole training
    position: Position | None = None  # the start unless given
    pause: int | None = None  # steps: training leaves its graph at every multiple of these, for a checkpoint


def order(seed: int, epoch: int, rows: int, drawn: int | None = None) -> np.ndarray:
    """Return the positions of an epoch's rows, in order: (drawn,) int32, a pure function of the arguments.

    Every row comes once, unless fewer or more are to be drawn.
    """
    rng, drawn = np.random.default_rng([seed, epoch]), drawn or rows
    parts = [_shuffled(rng, rows) for _ in range(-(-drawn // rows))]
    return parts[0][:drawn] if len(parts) == 1 else np.concatenate(parts)[:drawn]


def _shuffled(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Return what rng.permutation(rows) does, in a fourth of the memory: (rows,) int32."""
    found = np.arange(rows, dtype=np.int32)
    rng.shuffle(found)
    return found


def by_length(order: np.ndarray, lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> np.ndarray:
    """Return the same positions in an order in which the rows of a batch are of about one length.

    Rows are sorted by length within each _POOL consecutive batches, then the batches are shuffled.
    """
    full = len(order) // batch_size * batch_size
    pools = [order[start : min(start + _POOL * batch_size, full)] for start in range(0, full, _POOL * batch_size)]
    batches = np.concatenate([order[:0], *(pool[np.argsort(lengths[pool], kind="stable")] for pool in pools)])
    shuffled = np.random.default_rng([seed, epoch, 1]).permutation(full // batch_size)
    return np.concatenate([batches.reshape(-1, batch_size)[shuffled].reshape(-1), order[full:]])


def epoch_orders(
    plan: Plan, train: Rows, epochs: range, drawn: int, lengths: np.ndarray | None
) -> Iterator[tuple[np.ndarray, dict[str, Draws]]]:
    """Yield the order of the rows in each epoch, and how the images of each input are augmented.

    Args:
        drawn: the number of rows in an epoch.
        lengths: of the rows, where those of a batch are to be of about one length.
    """
    draws = {
        name: change.by_epoch(train.inputs[name], plan.seed, drawn, number)
        for number, (name, change) in enumerate(plan.augmentation.items())
    }
    for epoch in epochs:
        # no name for the positions: those of the epoch before are to be gone
        yield _positions(plan, train, epoch, drawn, lengths), {name: draw(epoch) for name, draw in draws.items()}


def _positions(plan: Plan, train: Rows, epoch: int, drawn: int, lengths: np.ndarray | None) -> np.ndarray:
    positions = order(plan.seed, epoch, len(train), drawn)
    if lengths is None:
        return positions
    return by_length(positions, lengths, min(plan.batch_size, len(train)), plan.seed, epoch)


def held_out_order(rows: Rows, lengths: np.ndarray | None) -> np.ndarray:
    """Return the order in which rows are scored: as they are, or by length where lengths are given."""
    ordered = np.arange(len(rows)) if lengths is None else np.argsort(lengths, kind="stable")
    return ordered.astype(np.int32)


Mode = Literal["epoch", "steps"]

_COMPILABLE = {"InputLayer", "Dense", "BatchNormalization", "Activation", "Reshape", "Flatten"}
_RECURRENT = {"SimpleRNN", "LSTM", "GRU"}
_COMPILING_SECONDS = 1.0
_COMPILING_RECURRENT_SECONDS = 4.0
_SECONDS_A_TIME_STEP = 1e-4  # that XLA saves
_ON_BATCHES = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


@dataclass(frozen=True)
class Execution:
    """How an epoch is executed.

    mode: "epoch" runs many batches in one call of a graph, over rows that stay in memory; "steps" runs batch after
        batch from a tf.data pipeline, as Keras' `fit` does, so that callbacks may act on every one of them.
    jit_compile: whether XLA compiles the steps.
    replicas: where the replicas of the network are; one on the first device unless given.
    """

    mode: Mode = "epoch"
    jit_compile: bool = False
    replicas: Replicas | None = None


def choose(
    mode: Mode | Literal["auto"],
    jit_compile: bool | Literal["auto"],
    model: keras.Model,
    job: tuple[int, int],
    hooks: Sequence[object],
) -> Execution:
    """Return how to train: as the experiment says, and the faster way for `auto`.

    With every family, the whole epoch in a graph has been at least as fast as steps (see tests/benchmarks), so steps
    are for callbacks that act on every batch. The choice depends on sizes alone: a repeated run makes the same choice.

    Args:
        mode: of the experiment.
        jit_compile: of the experiment.
        model: the compiled model.
        job: the number of steps in all, and the rows in each.
        hooks: the callbacks.

    Raises:
        ConfigError: a callback or a layer does not allow what the experiment says.
    """
    busy = [hook for hook in hooks if acts_on_batches(hook)]
    if mode == "epoch" and busy:
        name = type(busy[0]).__name__
        raise ConfigError(f"training.execution: {name} acts on every batch, where 'epoch' does not stop: use steps.")
    chosen: Mode = ("steps" if busy else "epoch") if mode == "auto" else mode
    if jit_compile is True and not model.supports_jit:
        reason = "one of this model's layers, or a metric of its masked targets"
        raise ConfigError(f"training.jit_compile: XLA cannot compile {reason}: leave it at auto.")
    possible = chosen == "epoch" and model.supports_jit
    compiled = possible and jit_pays(model, *job) if jit_compile == "auto" else jit_compile
    return Execution(chosen, compiled)


def acts_on_batches(hook: object) -> bool:
    """Return whether a hook is a Keras callback that acts on every batch of training."""
    import keras

    base = keras.callbacks.Callback
    return isinstance(hook, base) and any(getattr(type(hook), name) is not getattr(base, name) for name in _ON_BATCHES)


def jit_pays(model: keras.Model, steps: int, batch_size: int) -> bool:
    """Return whether XLA saves more time over this many training steps than compiling takes.

    Dense networks gain, and so do recurrent ones over series. Measured on two cores: a step of a tiny dense network
    takes 70 us without XLA and 10 us with it, one of 312 million operations (784-512-10, 128 rows) 3.6 ms and 1.6 ms;
    compiling takes 1 s. A GRU of 32 units over 120 time steps takes 75 ms and 20 ms; compiling takes 4 s. Embeddings
    and convolutions lose: three of 3D over 32 videos of 8 x 24 x 24 take 34 ms and 260 ms. XLA draws other random
    numbers, so networks with dropout, which would gain too, run without it: their numbers are those of `fit`.
    """
    layers = [getattr(layer, "forward_layer", layer) for layer in model.layers]  # of a bidirectional one
    if any(getattr(tensor, "sparse", False) for tensor in model.inputs) or not all(map(_gains, layers)):
        return False
    if is_mixed(model):  # on a CPU, XLA turns every operation of 16 bits into one of 32 and back
        return False
    recurrent = [layer for layer in layers if type(layer).__name__ in _RECURRENT]
    if recurrent:
        time_steps = max(tensor.shape[1] or 0 for tensor in model.inputs if len(tensor.shape) > 1)
        return steps * time_steps * _SECONDS_A_TIME_STEP > _COMPILING_RECURRENT_SECONDS
    operations = 6 * model.count_params() * batch_size
    return steps * (6e-5 + 6.4e-12 * operations) > _COMPILING_SECONDS


def _gains(layer: object) -> bool:
    drops = getattr(layer, "dropout", 0) or getattr(layer, "recurrent_dropout", 0)
    return type(layer).__name__ in _COMPILABLE | _RECURRENT and not drops
