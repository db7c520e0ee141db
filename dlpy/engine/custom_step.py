"""Keras models whose training step is a plain function: for families that learn otherwise than from a loss of labels.

A family says by `Model.scores` what its step logs, and its `build` returns `stepped(...)`: a network over the rows, and
one or more turns, each an update of its own weights and of no others. All that trains, scores, checkpoints and resumes
other models does so with these.
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
    """What a step draws at random: in training from a generator that is stored with checkpoints, else the same always.

    A score of held-out rows is thus the same each time they are scored.
    """

    def __init__(self, generator: keras.random.SeedGenerator | None) -> None:
        self.training = generator is not None
        self._generator = generator
        self._drawn = 0

    def _seed(self) -> Any:
        self._drawn += 1
        return self._drawn if self._generator is None else self._generator

    def normal(self, shape: Any) -> Any:
        """Return numbers from N(0, 1): float32 of this shape."""
        import keras

        return keras.random.normal(shape, seed=self._seed())

    def uniform(self, shape: Any) -> Any:
        """Return numbers from 0 to 1: float32 of this shape."""
        import keras

        return keras.random.uniform(shape, seed=self._seed())


@dataclass(frozen=True)
class Turn:
    """One update of a training step.

    learns: the layers whose weights it changes.
    objective: returns the scores of a batch, each a mean over its rows; layers are to be called with
        `training=noise.training`.
    minimized: which of the scores is made small.
    optimizer: makes a new optimizer for this turn alone. Unless given, the first such turn has the optimizer of the
        experiment and the others have copies of it.
    """

    learns: Sequence[keras.Layer]
    objective: Callable[[Batch, Noise], Scores]
    minimized: str
    optimizer: Callable[[], keras.optimizers.Optimizer] | None = None

    @property
    def weights(self) -> list[keras.Variable]:
        """What it changes."""
        return [weight for layer in self.learns for weight in layer.trainable_variables]


@dataclass(frozen=True)
class Sampler:
    """Makes rows from latent vectors.

    network: takes (count, latent + classes) float32 and gives (count, *shape).
    latent: numbers in a latent vector, drawn from N(0, 1).
    span: the least and the largest number in a row.
    classes: what a row can be asked to be of, one-hot behind the latent vector; () where it cannot be asked.
    """

    network: keras.Model
    latent: int
    span: tuple[float, float]
    classes: tuple[str, ...] = ()


def stepped(
    network: keras.Model, turns: Sequence[Turn], scores: Sequence[str], sampler: Sampler, portable: keras.Model
) -> keras.Model:
    """Return a model over the network's input that is trained by turns, one after the other, with each batch.

    Args:
        network: takes the rows.
        turns: what a training step does.
        scores: the names of all scores.
        sampler: makes rows.
        portable: what people without dlpy get as model.keras.
    """
    return stepped_class()(network, turns, scores, sampler, portable)


@cache
def stepped_class() -> Any:
    """Return the class of such models."""
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
            """Each turn's optimizer with the weights it changes."""
            return [(optimizer, turn.weights) for optimizer, turn in zip(self.optimizers, self.turns, strict=True)]

        def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None) -> None:
            """Give the turns their optimizers; the scores are their own business."""
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
    """Change a turn's weights by its gradient, and return the scores from before."""
    import tensorflow as tf

    values = [weight.value for weight in weights]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        scores = turn.objective(batch, noise)
        minimized = optimizer.scale_loss(scores[turn.minimized])
    optimizer.apply(tape.gradient(minimized, values), weights)
    return scores


def _take_in(scores: Scores, batch: Batch, means: list[Any]) -> None:
    """Add a batch's scores to the means, by its number of rows."""
    import tensorflow as tf

    rows = tf.cast(tf.shape(batch[0])[0], tf.float32)
    for mean in means:
        if mean.name in scores:
            mean.update_state(scores[mean.name], rows)


def _optimizers(turns: Sequence[Turn], given: Any) -> list[Any]:
    """Return an optimizer for each turn: its own, the given one, or a copy of that."""
    found, unused = [], [given]
    for turn in turns:
        if turn.optimizer is not None:
            found.append(turn.optimizer())
        else:
            found.append(unused.pop() if unused else type(given).from_config(given.get_config()))
    return found
