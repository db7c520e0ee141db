"""The losses of the two networks of a GAN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlpy.engine.custom_step import Batch, Noise, Scores

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Judge:
    """The discriminator.

    maps: the network from rows to flattened feature maps (batch, width). verdict: the layer from these to (batch, 1).
    asked: the layer from a class to weights for the maps, if the networks get the class. classes: their number, or 0.
    """

    maps: keras.Model
    verdict: keras.Layer
    asked: Sequence[keras.Layer]
    classes: int

    def judged(self, x: Any, classes: Any, noise: Noise) -> Any:
        """Return the logits that rows are real and of their class: (batch, 1), above 0 for real."""
        import tensorflow as tf

        maps = self.maps(x, training=noise.training)
        judged = self.verdict(maps)
        for projection in self.asked:  # Miyato & Koyama 2018, arXiv:1802.05637
            judged += tf.reduce_sum(projection(classes) * maps, axis=1, keepdims=True)
        return judged


@dataclass(frozen=True)
class Objectives:
    """The losses and other scores of both networks. See Gan for the options."""

    network: keras.Model  # the generator
    judge: Judge
    latent: int
    smoothing: float
    label_noise: float

    def discriminator(self, batch: Batch, noise: Noise) -> Scores:
        """Return its scores on a batch of real rows and as many generated ones."""
        import tensorflow as tf

        real, classes = batch[0], self._classes(batch)
        made = self._made(batch, classes, noise)
        both = self.judge.judged(tf.concat([real, made], 0), tf.concat([classes, classes], 0), noise)
        for_real, for_made = tf.split(both, 2)
        targets = tf.concat([tf.ones_like(for_real) - self.smoothing, tf.zeros_like(for_made)], 0)
        if noise.training and self.label_noise:
            targets -= self.label_noise * noise.uniform(tf.shape(both))
        return {
            "d_loss": _entropy(targets, both),
            "real_accuracy": tf.reduce_mean(tf.cast(for_real > 0, tf.float32)),
            "fake_accuracy": tf.reduce_mean(tf.cast(for_made <= 0, tf.float32)),
            "diversity": _spread(made) / tf.maximum(_spread(real), 1e-6),
        }

    def generator(self, batch: Batch, noise: Noise) -> Scores:
        """Return its loss; it uses only the number and the classes of the real rows."""
        import tensorflow as tf

        classes = self._classes(batch)
        judged = self.judge.judged(self._made(batch, classes, noise), classes, noise)
        return {"g_loss": _entropy(tf.ones_like(judged), judged)}

    def _made(self, batch: Batch, classes: Any, noise: Noise) -> Any:
        import tensorflow as tf

        vectors = noise.normal((tf.shape(batch[0])[0], self.latent))
        return self.network(tf.concat([vectors, classes], 1), training=noise.training)

    def _classes(self, batch: Batch) -> Any:
        """Return the classes of a batch, one-hot: (batch, classes)."""
        import tensorflow as tf

        if not self.judge.classes:
            return tf.zeros((tf.shape(batch[0])[0], 0))
        labels = batch[1]
        if labels.shape[1] == self.judge.classes > 1:
            return tf.cast(labels, tf.float32)
        return tf.one_hot(tf.cast(labels[:, 0], tf.int32), self.judge.classes)


def _entropy(target: Any, logits: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, logits))


def _spread(rows: Any) -> Any:
    """Return the standard deviation of each number over the batch, averaged."""
    import tensorflow as tf

    return tf.reduce_mean(tf.math.reduce_std(tf.cast(rows, tf.float32), axis=0))
