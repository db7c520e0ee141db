"""Generated content and style images of any size: a landscape and a painting of swirling brush strokes."""

from __future__ import annotations

import numpy as np

_RATIO = 4 / 3  # width to height, if no width is given
_STROKE = 24  # length of a brush stroke in steps, in both directions
_SWIRLS = 9
_PAINTS = np.array([[18, 32, 82], [38, 84, 158], [96, 158, 204], [222, 226, 196], [246, 200, 66], [200, 110, 30]])


def landscape(seed: int, size: tuple[int, int | None]) -> np.ndarray:
    """Return an image of mountains, a meadow with trees, and a sky with sun and clouds: (height, width, 3) uint8."""
    random = np.random.default_rng([seed, 50])
    height, width = _size(size)
    across, down = _places(height, width)
    picture = _mixed([104, 152, 212], [240, 222, 196], down / 0.6)
    picture = _over(picture, [255, 250, 244], np.clip(2.4 * _noise(random, height, width, 5) - 0.5 - down, 0, 0.8))
    picture = _over(picture, [255, 236, 160], _soft(0.075 - np.hypot(across - 0.98, down - 0.17), height))
    for depth, (level, rough) in enumerate(((0.46, 0.17), (0.56, 0.1), (0.66, 0.05))):
        ridge = level - rough * _ridge(random, width, 7 - depth)
        shade = (0.75 + 0.5 * _noise(random, height, width, 16))[..., None]
        colour = np.array([[116, 128, 162], [78, 104, 112], [92, 138, 66]][depth]) * shade
        picture = _over(picture, colour, _soft(down - ridge, height))
    for place in np.sort(random.uniform(0.68, 0.97, 14)):
        picture = _tree(random, picture, (across, down), place)
    return _bytes(picture + 7 * random.standard_normal((height, width, 1)))


def brushwork(seed: int, size: tuple[int, int | None]) -> np.ndarray:
    """Return an image of blue, white and yellow brush strokes in swirls: (height, width, 3) uint8."""
    random = np.random.default_rng([seed, 51])
    height, width = _size(size)
    across, down = _places(height, width)
    right, below = np.ones((height, width)), 0.3 * np.sin(5 * across)
    tone = 0.25 + 0.4 * _noise(random, height, width, 5)
    for _ in range(_SWIRLS):
        x, y = random.uniform(0, width / height), random.uniform(0, 0.9)
        radius, turn = random.uniform(0.06, 0.17), random.choice([-1, 1])
        distance = np.hypot(across - x, down - y) / radius
        pull = 6 * turn * np.exp(-((distance / 1.4) ** 2)) / radius
        right, below = right - pull * (down - y), below + pull * (across - x)
        tone = tone + 0.6 * np.exp(-((2 * distance) ** 2)) + 0.08 * np.cos(18 * distance) * np.exp(-distance)
    length = np.hypot(right, below) + 1e-9
    strokes = _strokes(random, right / length, below / length, height / 400)
    return _bytes(_painted(tone + 0.55 * (strokes - 0.5)) + 60 * (strokes[..., None] - 0.5))


def _size(size: tuple[int, int | None]) -> tuple[int, int]:
    height, width = size
    return height, round(height * _RATIO) if width is None else width


def _places(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the x and y coordinates of pixels in units of the image height: (1, width) and (height, 1)."""
    return (np.arange(width)[None] + 0.5) / height, (np.arange(height)[:, None] + 0.5) / height


def _noise(random: np.random.Generator, height: int, width: int, points: int) -> np.ndarray:
    """Return smooth noise at three scales, the coarsest with `points` per side, about 0 to 1: (height, width)."""
    found = np.zeros((height, width))
    for octave in range(3):
        count = points * 2**octave
        coarse = random.random((count + 1, count + 1))
        found += _weights(height, count) @ coarse @ _weights(width, count).T / 2**octave
    return found / 1.75


def _weights(side: int, count: int) -> np.ndarray:
    """Return smooth interpolation weights of the coarse grid points for each pixel: (side, count + 1)."""
    near = np.clip(1 - np.abs(np.linspace(0, count, side)[:, None] - np.arange(count + 1)), 0, 1)
    return near * near * (3 - 2 * near)


def _ridge(random: np.random.Generator, width: int, points: int) -> np.ndarray:
    """Return the outline of a mountain range, about 0 to 1: (1, width)."""
    return _noise(random, 2, width, points)[:1]


def _tree(
    random: np.random.Generator, picture: np.ndarray, places: tuple[np.ndarray, np.ndarray], foot: float
) -> np.ndarray:
    """Return the image with a tree on the meadow, larger the lower it stands."""
    across, down = places
    height, width = picture.shape[:2]
    tall, middle = 0.6 * (foot - 0.55), random.uniform(0, width / height)
    trunk = np.minimum(0.04 * tall - np.abs(across - middle), np.minimum(foot - down, down - foot + tall / 2))
    picture = _over(picture, [74, 52, 34], _soft(trunk, height))
    for _ in range(9):
        x, y = middle + tall * random.normal(0, 0.16), foot - tall * random.uniform(0.45, 1.0)
        green = np.array([44, 84, 36]) * random.uniform(0.6, 1.3) + 14 * random.standard_normal((height, width, 1))
        picture = _over(picture, green, _soft(0.2 * tall - np.hypot(across - x, down - y), height))
    return picture


def _strokes(random: np.random.Generator, right: np.ndarray, below: np.ndarray, scale: float) -> np.ndarray:
    """Return noise smeared along a direction field, about 0 to 1: (height, width)."""
    height, width = right.shape
    grains = random.random((round(height / (2 * scale)) + 1, round(width / (2 * scale)) + 1))
    noise = np.kron(grains, np.ones((2, 2)))
    total = np.zeros((height, width))
    for way in (-scale, scale):
        y, x = (place.astype(np.float64) for place in np.mgrid[:height, :width])
        for _ in range(_STROKE // 2):
            row, column = y.astype(int).clip(0, height - 1), x.astype(int).clip(0, width - 1)
            total += noise[(row / scale).astype(int) % len(noise), (column / scale).astype(int) % noise.shape[1]]
            y, x = y + way * below[row, column], x + way * right[row, column]
    total -= total.mean()
    return (0.5 + 0.25 * total / total.std()).clip(0, 1)


def _painted(tone: np.ndarray) -> np.ndarray:
    """Return the colour of each tone from 0 to 1: (height, width, 3)."""
    levels = np.linspace(0, 1, len(_PAINTS))
    return np.stack([np.interp(tone, levels, _PAINTS[:, colour]) for colour in range(3)], axis=-1)


def _mixed(first: list[int], second: list[int], share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0, 1)[..., None]
    return np.array(first) * (1 - share) + np.array(second) * share


def _over(picture: np.ndarray, colour: object, covered: np.ndarray) -> np.ndarray:
    """Return an image with a colour or another image painted over it, by coverage from 0 to 1: (height, width, 3)."""
    return picture + covered[..., None] * (np.asarray(colour) - picture)


def _soft(inside: np.ndarray, height: int) -> np.ndarray:
    """Return the coverage of each pixel by a shape; `inside` is the depth of the pixel in it, in image heights."""
    return np.clip(inside * height + 0.5, 0, 1)


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.rint(picture.clip(0, 255)).astype(np.uint8)
