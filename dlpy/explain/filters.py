"""Images that maximize the response of a layer's filters, by gradient ascent (Chollet 2017, 5.4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.explain.gradients import with_gradient
from dlpy.explain.inputs import Subject
from dlpy.explain.layer_graph import resized

if TYPE_CHECKING:
    import keras

STEPS = 40
_SIDE = 64  # image size in pixels, as in the book; a network that does not accept it gets its own size


@dataclass(frozen=True)
class Ascent:
    """Images that maximize the first filters of a layer, and the mean responses to the initial noise and to them.

    images: (filters, height, width, channels) uint8. before, after: (filters,) float32.
    """

    layer: str
    images: np.ndarray
    before: np.ndarray
    after: np.ndarray


def ascend(subject: Subject, layer: str, count: int, seed: int) -> Ascent:
    """Return the images that maximize a layer's first `count` filters, starting from the same grey noise.

    The objective is the mean response of a filter after its activation (before it, only the border would matter).
    While that is 0 everywhere and has no gradient, the objective is the maximum before the activation.
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


def displayable(images: np.ndarray) -> np.ndarray:
    """Return images as uint8 for display: each centred, with a standard deviation of 0.1 of the whole range."""
    centred = images - images.mean(axis=(1, 2, 3), keepdims=True)
    scaled = centred / (centred.std(axis=(1, 2, 3), keepdims=True) + 1e-5) * 0.1 + 0.5
    return (scaled.clip(0, 1) * 255).round().astype(np.uint8)


def _network(subject: Subject, layer: str) -> tuple[keras.Model, tuple[int, int]]:
    """Return the network up to a layer, after and before its activation, and the image size (small if accepted)."""
    import keras

    network, size = subject.network, (min(subject.size[0], _SIDE), min(subject.size[1], _SIDE))
    model = keras.Model(network.input, list(network.with_pre_activation(layer)))
    small = resized(model, *size) if size != subject.size else None
    return (model, subject.size) if small is None else (small, size)


def _climb(model: keras.Model, count: int, level: np.ndarray) -> Callable[[Any], Any]:
    """Return a graph that runs gradient ascent on images (count, ...) and returns the mean responses at both ends.

    A step changes an image by one grey level (root mean square).
    """
    import tensorflow as tf

    step = tf.constant(level)

    def responses(images: Any) -> Any:
        activated, sums = model(images, training=False)
        both = tf.reduce_mean(activated, axis=(1, 2)), tf.reduce_max(sums, axis=(1, 2))
        return [tf.linalg.diag_part(response[:, :count]) for response in both]  # of filter i to image i

    def objective(images: Any) -> Any:
        mean, largest = responses(images)
        return tf.where(mean == 0, largest, mean), mean

    def step_up(images: Any) -> Any:
        gradient, _ = with_gradient(objective, images)
        size = tf.sqrt(tf.reduce_mean(tf.square(gradient), axis=(1, 2, 3), keepdims=True))
        return images + gradient / (size + 1e-5) * step

    def climb(start: Any) -> Any:
        end = tf.while_loop(lambda i, _: i < STEPS, lambda i, x: (i + 1, step_up(x)), [0, start])[1]
        return end, responses(start)[0], responses(end)[0]

    shape = tf.TensorSpec((count, *level.shape))  # one concrete graph: TensorFlow warns of repeated retracing otherwise
    return tf.function(climb, autograph=False).get_concrete_function(shape)
