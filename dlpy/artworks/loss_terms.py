"""The loss terms of dreams and style transfers (Chollet 2017, 8.2 and 8.3)."""

from __future__ import annotations

from typing import Any

_BORDER = 2  # rows and columns of feature maps that are ignored: padding causes artefacts there


def activity(maps: Any) -> Any:
    """Return the activity of a layer: the sum of squares without the border, divided by the number of all values.

    Args:
        maps: (1, height, width, channels); for small maps, less of the border is ignored.
    """
    import tensorflow as tf

    _, height, width, channels = maps.shape
    down, across = min(_BORDER, (height - 1) // 2), min(_BORDER, (width - 1) // 2)
    inner = maps[:, down : height - down, across : width - across]
    return tf.reduce_sum(tf.square(inner)) / float(height * width * channels)


def content_distance(maps: Any, wanted: Any) -> Any:
    """Return the sum of squared differences between the feature maps of two images."""
    import tensorflow as tf

    return tf.reduce_sum(tf.square(maps - wanted))


def gram_matrix(maps: Any) -> Any:
    """Return the Gram matrix: the products of all pairs of channels, summed over positions, (channels, channels)."""
    import tensorflow as tf

    flat = tf.reshape(maps, (-1, maps.shape[-1]))
    return tf.matmul(flat, flat, transpose_a=True)


def style_distance(gram: Any, wanted: Any, pixels: int) -> Any:
    """Return the scaled squared distance between two Gram matrices, for RGB images of this many pixels."""
    import tensorflow as tf

    return tf.reduce_sum(tf.square(gram - wanted)) / (4.0 * 3**2 * float(pixels) ** 2)


def total_variation(image: Any, power: float) -> Any:
    """Return the total variation: the sum over pixels of (vertical^2 + horizontal^2 differences) to a power.

    Args:
        image: (1, height, width, channels), in grey levels.
    """
    import tensorflow as tf

    corner = image[:, :-1, :-1]
    down, right = image[:, 1:, :-1], image[:, :-1, 1:]
    return tf.reduce_sum(tf.pow(tf.square(corner - down) + tf.square(corner - right), power))
