"""Grad-CAM: a heat map of the regions of an image that support a class.

Source: Chollet 2017, 5.4.3; Selvaraju et al. 2017, arXiv:1610.02391.
"""

from __future__ import annotations

import numpy as np

from dlpy.explain.inputs import Subject
from dlpy.explain.layer_graph import LayerGraph
from dlpy.scores.class_scores import class_probabilities

_HEAT_WEIGHT = 0.4  # of the heat map in the overlay, as in the book


def prediction(subject: Subject, image: np.ndarray) -> np.ndarray:
    """Return the class probabilities for an image (1, height, width, channels), or the raw output without classes."""
    import keras

    network = subject.network
    given = np.asarray(keras.Model(network.input, network.output)(image, training=False))
    return class_probabilities(given)[0] if subject.classes else given[0]


def heat_map(network: LayerGraph, layer: str, image: np.ndarray, wanted: int) -> np.ndarray:
    """Return the Grad-CAM heat map of a class: (rows, columns) float32 from 0 to 1, all 0 if nothing supports it.

    The layer's channels are weighted by the mean gradient of the class score with respect to them. The score is the
    logit before the softmax, as in the paper: the gradient of the probability vanishes where the network is certain.

    Args:
        image: (1, height, width, channels) float32, preprocessed for the network.
        wanted: the number of the class.
    """
    import keras
    import tensorflow as tf

    model = keras.Model(network.input, [network.named(layer).output, network.pre_activation(list(network.layers)[-1])])
    x = tf.constant(image)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        maps, scores = model(x, training=False)
        single = scores.shape[-1] == 1  # binary: the only score is that of the second class
        score = scores[0, 0] * (1 if wanted else -1) if single else scores[0, wanted]
    gradients = np.asarray(tape.gradient(score, maps))
    heat = np.maximum((np.asarray(maps) * gradients.mean(axis=(1, 2), keepdims=True)).sum(axis=-1)[0], 0)
    return heat / heat.max() if heat.max() > 0 else heat


def overlay_heat(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Return an image (height, width, channels) uint8 with the heat map overlaid: (height, width, 3) uint8."""
    import matplotlib
    from PIL import Image

    height, width = image.shape[:2]
    smooth = Image.fromarray(heat.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    colours = matplotlib.colormaps["jet"](np.asarray(smooth).clip(0, 1))[..., :3].astype(np.float32) * 255
    return (colours * _HEAT_WEIGHT + image).clip(0, 255).astype(np.uint8)
