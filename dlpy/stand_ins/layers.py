"""Antialiased shapes, drawn for many images at once, and stacks of layers."""

from __future__ import annotations

import numpy as np

_GRID = 7  # side of the coarse noise grid for clouds

Numbers = dict[str, np.ndarray]  # by name, one per image: (rows, 1, 1)
Shape = tuple[int, int, int]  # images, height, width


class Layers:
    """Layers of one colour each, from front to back; each covers a share of what is still visible.

    A layer therefore costs two passes over the images, and colours are mixed in at the end.
    """

    def __init__(self, shape: Shape) -> None:
        self._seen = np.ones(shape, np.float32)
        self._shares: list[np.ndarray] = []

    def add(self, covered: np.ndarray) -> None:
        """Add a layer behind the others: coverage (rows, height, width) from 0 to 1."""
        share = self._seen * covered
        self._seen -= share
        self._shares.append(share)

    def add_two(self, covered: np.ndarray | np.float32, mix: np.ndarray) -> None:
        """Add a layer of two colours behind the others, with share `mix` of the first."""
        share = self._seen * covered
        self._seen -= share
        first = share * mix
        self._shares += [first, share - first]

    def colored(self, colors: np.ndarray) -> np.ndarray:
        """Return images (rows, 3, height, width) for the layer colours (rows, 3, layers)."""
        rows, height, width = self._seen.shape
        picture = np.zeros((rows, 3, height, width), np.float32)
        for layer, share in enumerate(self._shares):  # a single matrix product would start threads that mostly wait
            for channel in range(3):
                picture[:, channel] += share * colors[:, channel, layer, None, None]
        return picture


def uniform(random: np.random.Generator, count: int, low: float, high: float, numbers: int | None = None) -> np.ndarray:
    """Return one number per image, (count, 1, 1) float32, or several, (count, numbers)."""
    return random.uniform(low, high, (count, 1, 1) if numbers is None else (count, numbers)).astype(np.float32)


def pixels(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return the x and y coordinates of pixels, -1 to 1 on the shorter side: (1, 1, width) and (1, height, 1)."""
    _, height, width = shape
    across, down = (
        ((2 * np.arange(side) + 1 - side) / min(height, width)).astype(np.float32) for side in (width, height)
    )
    return across[None, None, :], down[None, :, None]


def oval(x: np.ndarray, y: np.ndarray, radius: np.ndarray | float, height: np.ndarray | float) -> np.ndarray:
    """Return the approximate distance of each point from an oval around (0, 0); `height` is its height at radius 1."""
    outside = np.square(y / height)
    outside += np.square(x)
    np.sqrt(outside, out=outside)
    outside -= radius
    return outside


def horn(
    x: np.ndarray, y: np.ndarray, turn: np.ndarray, sizes: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return the distance of each point from a tapered bar with round ends.

    Args:
        x, y: coordinates relative to the centre of its base.
        turn: direction in radians: 0 is up, pi / 2 right.
        sizes: its length, and half its width at the base and at the tip.
    """
    length, foot, end = sizes
    right, up = np.sin(turn), -np.cos(turn)
    along = x * (right / length) + y * (up / length)
    np.clip(along, 0, 1, out=along)
    outside = np.square(x - along * (right * length))
    outside += np.square(y - along * (up * length))
    np.sqrt(outside, out=outside)
    along *= end - foot
    outside -= along
    outside -= foot
    return outside


def cover(outside: np.ndarray, sharp: np.ndarray | np.float32) -> np.ndarray:
    """Return the coverage of each pixel by a shape; `sharp` is the pixel size in the unit of `outside`."""
    covered = outside * -sharp
    covered += np.float32(0.5)
    return np.clip(covered, 0, 1, out=covered)


def clouds(shape: Shape, random: np.random.Generator) -> np.ndarray:
    """Return smooth noise around 0."""
    count, height, width = shape
    coarse = random.standard_normal((count, _GRID, _GRID), np.float32)
    return _weights(height) @ coarse @ _weights(width).T


def _weights(side: int) -> np.ndarray:
    """Return the interpolation weights of the coarse grid points for each pixel: (side, points)."""
    place = np.linspace(0, _GRID - 1, side, dtype=np.float32)
    return np.clip(1 - np.abs(place[:, None] - np.arange(_GRID, dtype=np.float32)), 0, 1)
