"""The gradient of a function with respect to an image, used by filters, dreams and style transfers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def with_gradient(function: Callable[[Any], tuple[Any, Any]], images: Any) -> tuple[Any, Any]:
    """Return the gradient of a function with respect to images, and the function's auxiliary output.

    Args:
        function: returns the objective, one number or one per image, and any auxiliary output.
        images: (images, height, width, channels).
    """
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        objective, auxiliary = function(images)
    return tape.gradient(objective, images), auxiliary
