"""Where in a picture a network sees a class: Grad-CAM.

Source: Chollet 2017, 5.4.3; Selvaraju et al. 2017, arXiv:1610.02391.
"""

from __future__ import annotations

import numpy as np

from dlpy.explain.inputs import Subject
from dlpy.explain.layer_graph import Opened
from dlpy.scores.class_scores import class_probabilities

_SHARE = 0.4  # of the heat in what is laid over the picture, as in the book


def prediction(subject: Subject, picture: np.ndarray) -> np.ndarray:
    """Return the probability of each class for a picture (1, height, width, channels), or the numbers it gives."""
    import keras

    network = subject.network
    given = np.asarray(keras.Model(network.input, network.output)(picture, training=False))
    return class_probabilities(given)[0] if subject.classes else given[0]


def heat_map(network: Opened, layer: str, picture: np.ndarray, wanted: int) -> np.ndarray:
    """Return where the layer sees the class of that number: (rows, columns) float32 from 0 to 1; nowhere is all 0.

    The layer's channels are weighted by the mean slope of the class's score along them. The score is the sum before
    the softmax, as in the paper: the probability itself has no slope left where the network is sure.

    Args:
        picture: (1, height, width, channels) float32, as the network takes it.
    """
    import keras
    import tensorflow as tf

    model = keras.Model(network.input, [network.named(layer).output, network.sums(list(network.layers)[-1])])
    x = tf.constant(picture)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        maps, scores = model(x, training=False)
        single = scores.shape[-1] == 1  # of two classes, the score is the second one's
        score = scores[0, 0] * (1 if wanted else -1) if single else scores[0, wanted]
    slopes = np.asarray(tape.gradient(score, maps))
    heat = np.maximum((np.asarray(maps) * slopes.mean(axis=(1, 2), keepdims=True)).sum(axis=-1)[0], 0)
    return heat / heat.max() if heat.max() > 0 else heat


def laid_over(picture: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Return a picture (height, width, channels) uint8 with the heat in colours over it: (height, width, 3) uint8."""
    import matplotlib
    from PIL import Image

    height, width = picture.shape[:2]
    smooth = Image.fromarray(heat.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    colours = matplotlib.colormaps["jet"](np.asarray(smooth).clip(0, 1))[..., :3].astype(np.float32) * 255
    return (colours * _SHARE + picture).clip(0, 255).astype(np.uint8)
