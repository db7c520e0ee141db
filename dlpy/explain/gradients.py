"""The mechanism behind filters, dreams and styles: how what a network says changes with the picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def with_slope(function: Callable[[Any], tuple[Any, Any]], pictures: Any) -> tuple[Any, Any]:
    """Return the slope of a function along pictures, and what else it tells of them, as tensors in a graph.

    Args:
        function: returns what is to grow or shrink, one number or one for each picture, and whatever is to be told.
        pictures: (pictures, height, width, channels).
    """
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(pictures)
        climbed, told = function(pictures)
    return tape.gradient(climbed, pictures), told
