"""Generated images of one scene from two cameras side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEAREST, FARTHEST = 11, 4  # disparities in pixels
FOCAL = 44.0  # metres times pixels: the distance is FOCAL / disparity
SIZE_LEAST = (24, 40)  # height and width
NEARER = 8  # least disparity of the nearer half
NOISE = 0.4  # metres
BEST_MAE = 0.2  # NOISE / 2
BEST_SCORE = 1.0  # of nearer or farther
_RADIUS = (3, 5)  # pixels
_DARK, _BALL = 40, (170, 225)  # the background is at most 63 brighter than dark


@dataclass(frozen=True)
class Scenes:
    """Scenes with a ball. left, right: (rows, height, width, 3) uint8. disparity: (rows,) int64 pixels.

    distance: (rows,) float32 metres.
    """

    left: np.ndarray
    right: np.ndarray
    disparity: np.ndarray
    distance: np.ndarray


def scenes(seed: int, part: int, count: int, size: Sequence[int]) -> Scenes:
    """Return images of a bright ball in front of a far background, as two cameras see it.

    The nearer the ball, the farther to the left it is in the right image: by 4 to 11 pixels, equally often, which is
    44 / distance in metres. Its size, colour and place are unrelated to the distance, so that one image alone tells
    next to nothing: only a ball at the edge is slightly more often near or far. Noise uniform between -0.4 and 0.4 m is
    added to the distance: the best possible MAE is 0.2 m. Whether the ball is nearer than 44 / 7.5 m can be told
    exactly.

    Args:
        part: number of the split; each number gives different scenes for the same seed.
        size: height and width, at least 24 and 40.
    """
    random = np.random.default_rng([seed, 70 + part])
    height, width = size
    disparity = random.integers(FARTHEST, NEAREST + 1, count)
    radius = random.integers(_RADIUS[0], _RADIUS[1] + 1, count)
    margin = _RADIUS[1] + (NEAREST + 1) // 2
    middle = random.integers(margin, width - margin, count)
    down = random.integers(_RADIUS[1], height - _RADIUS[1], count)
    background = random.integers(256, size=(count, height, width, 3), dtype=np.uint8)
    background >>= 2
    background += _DARK
    colour = random.integers(*_BALL, (count, 3), np.uint8)
    left, right = (
        _seen(random, background, colour, _disc(across, down, radius, size))
        for across in (middle + disparity // 2, middle + disparity // 2 - disparity)
    )
    distance = FOCAL / disparity + random.uniform(-NOISE, NOISE, count)
    return Scenes(left, right, disparity, distance.astype(np.float32))


def _disc(across: np.ndarray, down: np.ndarray, radius: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Return the pixels of a disc around each place: (rows, height, width) bool."""
    height, width = size
    x = np.arange(width)[None, :] - across[:, None]
    y = np.arange(height)[None, :] - down[:, None]
    return x[:, None, :] ** 2 + y[:, :, None] ** 2 <= radius[:, None, None] ** 2


def _seen(random: np.random.Generator, background: np.ndarray, colour: np.ndarray, ball: np.ndarray) -> np.ndarray:
    """Return an image with a ball in front of the background, and grain of its own."""
    image = random.integers(256, size=background.shape, dtype=np.uint8)
    image >>= 4
    image += background
    row, down, across = np.nonzero(ball)
    image[row, down, across] += colour[row] - background[row, down, across]
    return image
