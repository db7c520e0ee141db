"""Keras models with a training step of their own, for families that are not trained by a loss of labels.

A family names the scores that its step logs in `Model.scores`, and its `build` returns `stepped(...)`: a network over
the rows, and one or more turns, each an update of its own weights alone. They are trained, scored, checkpointed and
resumed like other models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

Scores = dict[str, Any]  # name -> a number, as a tensor
Batch = tuple[Any, ...]  # (x,), or (x, y) where rows have labels: y (batch, 1) or one-hot


class Noise:
    """Random numbers of a step: in training from a generator that checkpoints store, otherwise always the same.

    Scoring the same held-out rows twice thus gives the same scores.
    """

    def __init__(self, generator: keras.random.SeedGenerator | None) -> None:
        self.training = generator is not None
        self._generator = generator
        self._drawn = 0

    def _seed(self) -> Any:
        self._drawn += 1
        return self._drawn if self._generator is None else self._generator

    def normal(self, shape: Any) -> Any:
        """Return samples of N(0, 1): float32 of this shape."""
        import keras

        return keras.random.normal(shape, seed=self._seed())

    def uniform(self, shape: Any) -> Any:
        """Return uniform samples from [0, 1): float32 of this shape."""
        import keras

        return keras.random.uniform(shape, seed=self._seed())


@dataclass(frozen=True)
class Turn:
    """One update of a training step.

    learns: the layers whose weights it updates.
    objective: returns the scores of a batch, each a mean over its rows; it calls layers with
        `training=noise.training`.
    minimized: the name of the score that the update minimizes.
    optimizer: returns a new optimizer for this turn alone. Unless given, the first such turn uses the experiment's
        optimizer and the others use copies of it.
    """

    learns: Sequence[keras.Layer]
    objective: Callable[[Batch, Noise], Scores]
    minimized: str
    optimizer: Callable[[], keras.optimizers.Optimizer] | None = None

    @property
    def weights(self) -> list[keras.Variable]:
        """The weights it updates."""
        return [weight for layer in self.learns for weight in layer.trainable_variables]


@dataclass(frozen=True)
class Sampler:
    """Generates rows from latent vectors.

    network: takes (count, latent + classes) float32 and returns (count, *shape).
    latent: the length of a latent vector, drawn from N(0, 1).
    span: the smallest and the largest number in a row.
    classes: the names of the classes, one-hot behind the latent vector; () for an unconditional network.
    """

    network: keras.Model
    latent: int
    span: tuple[float, float]
    classes: tuple[str, ...] = ()


def stepped(
    network: keras.Model, turns: Sequence[Turn], scores: Sequence[str], sampler: Sampler, portable: keras.Model
) -> keras.Model:
    """Return a model over the network's input whose training step takes one turn after the other.

    Args:
        network: takes the rows.
        turns: the updates of a training step, in order.
        scores: the names of all scores.
        sampler: generates rows.
        portable: the network that is saved as model.keras.
    """
    return stepped_class()(network, turns, scores, sampler, portable)


@cache
def stepped_class() -> Any:
    """Return the class of models with turns."""
    import keras

    class SteppedModel(keras.Model):
        """A network over rows with turns in place of Keras' training step."""

        def __init__(
            self,
            network: keras.Model,
            turns: Sequence[Turn],
            scores: Sequence[str],
            sampler: Sampler,
            portable: keras.Model,
        ) -> None:
            super().__init__(network.inputs, network.outputs)
            self.turns, self.sampler, self.portable = turns, sampler, portable
            self._learning = [layer for turn in turns for layer in turn.learns]  # Keras finds their weights by this
            self._noise = keras.random.SeedGenerator()
            self._means = [keras.metrics.Mean(name) for name in scores]
            self.optimizers: list[Any] = []

        @property
        def metrics(self) -> list[Any]:
            """The means of the scores over an epoch."""
            return self._means

        @property
        def shared_optimizers(self) -> list[Any]:
            """The experiment's optimizer and its copies."""
            pairs = zip(self.optimizers, self.turns, strict=True)
            return [optimizer for optimizer, turn in pairs if turn.optimizer is None]

        @property
        def learners(self) -> list[tuple[Any, list[Any]]]:
            """Each turn's optimizer with the weights it updates."""
            return [(optimizer, turn.weights) for optimizer, turn in zip(self.optimizers, self.turns, strict=True)]

        def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None) -> None:
            """Give each turn its optimizer; loss and metrics are ignored."""
            super().compile(optimizer)
            self.optimizers = _optimizers(self.turns, self.optimizer)

        def train_step(self, data: Batch) -> Scores:
            """Take every turn with a batch."""
            for turn, (optimizer, weights) in zip(self.turns, self.learners, strict=True):
                _take_in(_update(turn, optimizer, weights, data, Noise(self._noise)), data, self._means)
            return self.get_metrics_result()

        def test_step(self, data: Batch) -> Scores:
            """Score a batch."""
            for turn in self.turns:
                _take_in(turn.objective(data, Noise(None)), data, self._means)
            return self.get_metrics_result()

    return SteppedModel


def _update(turn: Turn, optimizer: Any, weights: list[Any], batch: Batch, noise: Noise) -> Scores:
    """Update a turn's weights by its gradient, and return the scores from before the update."""
    import tensorflow as tf

    values = [weight.value for weight in weights]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        scores = turn.objective(batch, noise)
        minimized = optimizer.scale_loss(scores[turn.minimized])
    optimizer.apply(tape.gradient(minimized, values), weights)
    return scores


def _take_in(scores: Scores, batch: Batch, means: list[Any]) -> None:
    """Add a batch's scores to the means, weighted by its number of rows."""
    import tensorflow as tf

    rows = tf.cast(tf.shape(batch[0])[0], tf.float32)
    for mean in means:
        if mean.name in scores:
            mean.update_state(scores[mean.name], rows)


def _optimizers(turns: Sequence[Turn], given: Any) -> list[Any]:
    """Return an optimizer for each turn: its own, the given one, or a copy of the given one."""
    found, unused = [], [given]
    for turn in turns:
        if turn.optimizer is not None:
            found.append(turn.optimizer())
        else:
            found.append(unused.pop() if unused else type(given).from_config(given.get_config()))
    return found
