"""The image sizes of a dream, and the detail that is lost by shrinking an image."""

from __future__ import annotations

import numpy as np

from dlpy.data.images.files import Size


def octave_sizes(size: Size, octaves: int, scale: float) -> list[Size]:
    """Return the size of each octave, the smallest first: each is `scale` times the one before, the last is `size`."""
    height, width = size
    return [(int(height / scale**step), int(width / scale**step)) for step in reversed(range(octaves))]


def resized(image: np.ndarray, size: Size) -> np.ndarray:
    """Return an image (height, width, channels) float32 resized by bilinear interpolation."""
    from PIL import Image

    height, width = size
    if image.shape[:2] == size:
        return image
    channels = [Image.fromarray(np.ascontiguousarray(channel)) for channel in np.moveaxis(image, -1, 0)]
    bilinear = Image.Resampling.BILINEAR
    return np.stack([np.asarray(channel.resize((width, height), bilinear)) for channel in channels], axis=-1)


def lost_detail(original: np.ndarray, smaller: Size, size: Size) -> np.ndarray:
    """Return the difference between the original at `size` and the original enlarged from `smaller` to `size`."""
    return resized(original, size) - resized(resized(original, smaller), size)
