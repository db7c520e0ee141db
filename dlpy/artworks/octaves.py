"""The sizes that a dream goes through, and the detail that a picture loses where it is made small."""

from __future__ import annotations

import numpy as np

from dlpy.data.images.files import Size


def octave_sizes(size: Size, octaves: int, scale: float) -> list[Size]:
    """Return the size of each octave, the smallest first: each is `scale` times the one before, the last is `size`."""
    height, width = size
    return [(int(height / scale**step), int(width / scale**step)) for step in reversed(range(octaves))]


def resized(picture: np.ndarray, size: Size) -> np.ndarray:
    """Return a picture (height, width, channels) float32 in another size; between pixels it is linear."""
    from PIL import Image

    height, width = size
    if picture.shape[:2] == size:
        return picture
    channels = [Image.fromarray(np.ascontiguousarray(channel)) for channel in np.moveaxis(picture, -1, 0)]
    bilinear = Image.Resampling.BILINEAR
    return np.stack([np.asarray(channel.resize((width, height), bilinear)) for channel in channels], axis=-1)


def lost_detail(original: np.ndarray, smaller: Size, size: Size) -> np.ndarray:
    """Return what of the original of this size is not there where a smaller one has been made this large."""
    return resized(original, size) - resized(resized(original, smaller), size)
