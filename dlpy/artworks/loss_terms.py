"""What a picture is judged by: terms on a network's layers and on the picture itself (Chollet 2017, 8.2 and 8.3)."""

from __future__ import annotations

from typing import Any

_BORDER = 2  # maps' rows and columns that do not count: a network that sees beyond the edge makes patterns of it


def activity(maps: Any) -> Any:
    """Return how strongly a layer answers: the sum of the squares away from the border, divided by all numbers.

    Args:
        maps: (1, height, width, channels); where they are small, less of the border is left out.
    """
    import tensorflow as tf

    _, height, width, channels = maps.shape
    down, across = min(_BORDER, (height - 1) // 2), min(_BORDER, (width - 1) // 2)
    inner = maps[:, down : height - down, across : width - across]
    return tf.reduce_sum(tf.square(inner)) / float(height * width * channels)


def content_distance(maps: Any, wanted: Any) -> Any:
    """Return the sum of the squared differences between what a layer makes of two pictures."""
    import tensorflow as tf

    return tf.reduce_sum(tf.square(maps - wanted))


def gram_matrix(maps: Any) -> Any:
    """Return which channels go together: the products of all pairs, summed over the picture, (channels, channels)."""
    import tensorflow as tf

    flat = tf.reshape(maps, (-1, maps.shape[-1]))
    return tf.matmul(flat, flat, transpose_a=True)


def style_distance(gram: Any, wanted: Any, pixels: int) -> Any:
    """Return how far two Gram matrices lie apart, for pictures of so many pixels in three colours."""
    import tensorflow as tf

    return tf.reduce_sum(tf.square(gram - wanted)) / (4.0 * 3**2 * float(pixels) ** 2)


def total_variation(picture: Any, power: float) -> Any:
    """Return how much neighbouring pixels differ: the squares downwards and to the right, added, to a power, summed.

    Args:
        picture: (1, height, width, channels), in grey levels.
    """
    import tensorflow as tf

    corner = picture[:, :-1, :-1]
    down, right = picture[:, 1:, :-1], picture[:, :-1, 1:]
    return tf.reduce_sum(tf.pow(tf.square(corner - down) + tf.square(corner - right), power))
