"""The pictures that a layer's filters answer to most, by gradient ascent (Chollet 2017, 5.4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.explain.gradients import with_slope
from dlpy.explain.inputs import Subject
from dlpy.explain.layer_graph import resized

if TYPE_CHECKING:
    import keras

STEPS = 40
_SIDE = 64  # of the pictures, as in the book; a network whose layers do not take it gets its own size


@dataclass(frozen=True)
class Ascent:
    """The pictures that a layer's first filters answer to, and their mean answers to the noise and to these.

    pictures: (filters, height, width, channels) uint8. before, after: (filters,) float32.
    """

    layer: str
    pictures: np.ndarray
    before: np.ndarray
    after: np.ndarray


def ascend(subject: Subject, layer: str, count: int, seed: int) -> Ascent:
    """Return the pictures of a layer's first `count` filters, all climbed at once from the same grey noise.

    What is climbed is the mean of what a filter gives behind its activation (without one only the border would tell).
    Where that is 0 all over, and has no slope, the largest sum before the activation is climbed until it is not.
    """
    import tensorflow as tf

    channels = subject.network.layers[layer].output.shape[-1]
    count = min(count, channels)
    model, size = _network(subject, layer)
    black, level, colours = subject.grey_levels(size)
    noise = np.random.default_rng(seed).random((1, *size, subject.form.channels), np.float32) * 20 + 128
    start = np.repeat(noise[..., colours] * level + black, count, axis=0)
    found, before, after = (np.asarray(tensor) for tensor in _climb(model, count, level)(tf.constant(start)))
    raw = (found - black) / np.where(level == 0, 1, level)
    return Ascent(layer, displayable(raw[..., np.argsort(colours)]), before, after)


def displayable(pictures: np.ndarray) -> np.ndarray:
    """Return climbed pictures to look at, uint8: each centred, a deviation of 0.1 of the whole range."""
    centred = pictures - pictures.mean(axis=(1, 2, 3), keepdims=True)
    scaled = centred / (centred.std(axis=(1, 2, 3), keepdims=True) + 1e-5) * 0.1 + 0.5
    return (scaled.clip(0, 1) * 255).round().astype(np.uint8)


def _network(subject: Subject, layer: str) -> tuple[keras.Model, tuple[int, int]]:
    """Return the network up to a layer, activated and not, for small pictures where it takes those, and their size."""
    import keras

    network, size = subject.network, (min(subject.size[0], _SIDE), min(subject.size[1], _SIDE))
    model = keras.Model(network.input, list(network.with_sums(layer)))
    small = resized(model, *size) if size != subject.size else None
    return (model, subject.size) if small is None else (small, size)


def _climb(model: keras.Model, count: int, level: np.ndarray) -> Callable[[Any], Any]:
    """Return a graph that climbs from pictures (count, ...) and also returns the mean answers at both ends.

    A step changes a picture by one grey level in the root mean square.
    """
    import tensorflow as tf

    step = tf.constant(level)

    def answers(pictures: Any) -> Any:
        activated, sums = model(pictures, training=False)
        both = tf.reduce_mean(activated, axis=(1, 2)), tf.reduce_max(sums, axis=(1, 2))
        return [tf.linalg.diag_part(answer[:, :count]) for answer in both]  # picture i's answer from filter i

    def climbed(pictures: Any) -> Any:
        mean, largest = answers(pictures)
        return tf.where(mean == 0, largest, mean), mean

    def once(pictures: Any) -> Any:
        slope, _ = with_slope(climbed, pictures)
        size = tf.sqrt(tf.reduce_mean(tf.square(slope), axis=(1, 2, 3), keepdims=True))
        return pictures + slope / (size + 1e-5) * step

    def climb(start: Any) -> Any:
        end = tf.while_loop(lambda i, _: i < STEPS, lambda i, x: (i + 1, once(x)), [0, start])[1]
        return end, answers(start)[0], answers(end)[0]

    shape = tf.TensorSpec((count, *level.shape))  # one graph; TensorFlow would warn of many that are called once
    return tf.function(climb, autograph=False).get_concrete_function(shape)
